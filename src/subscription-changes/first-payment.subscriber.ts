import { Injectable, type OnModuleInit } from '@nestjs/common';
import { INVOICE_BILLING_REASONS, type InvoiceBillingReason } from '../domain/invoicing/zero-rules.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import type { Ctx } from '../platform/context.js';
import { JobHandlers } from '../platform/jobs/job-handlers.js';
import type { OutboxEvent } from '../platform/outbox/outbox-event.js';
import { OutboxSubscribers } from '../platform/outbox/outbox-subscribers.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import { SubscriptionLifecycleService } from './subscription-lifecycle.service.js';

const JOB = 'subscription.first_payment';
const FIRST = 'SUBSCRIPTION_CREATE' satisfies InvoiceBillingReason;
/** An event of an older version says no reason: then the job looks at the invoice. */
const OTHERS: ReadonlySet<InvoiceBillingReason> = new Set(
  INVOICE_BILLING_REASONS.filter((reason) => reason !== FIRST),
);

declare module '../platform/jobs/job-map.js' {
  interface JobMap {
    'subscription.first_payment': OutboxEvent<'invoice.paid'>;
  }
}

/** A subscription that waits for its first invoice is active once that is paid, whoever was paid, here or at a provider. */
@Injectable()
export class FirstPayment implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly subscribers: OutboxSubscribers,
    private readonly subscriptions: SubscriptionsService,
    private readonly invoices: InvoicesService,
    private readonly changes: SubscriptionLifecycleService,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({
      jobKind: JOB,
      eventTypes: ['invoice.paid'],
      concerns: ({ payload }) => !OTHERS.has(payload.billing_reason),
    });
    this.handlers.register({
      kind: JOB,
      handle: async ({ caller, payload }) => {
        await this.uow.run(caller, (ctx) => this.complete(ctx, payload.entityId));
        return undefined;
      },
    });
  }

  private async complete(ctx: Ctx, invoiceId: string): Promise<void> {
    const invoice = await this.invoices.find(ctx, invoiceId);
    if (invoice === null || invoice.subscriptionId === null || invoice.billingReason !== FIRST) return;
    const subscription = await this.subscriptions.lock(ctx, invoice.subscriptionId);
    if (subscription.subscriptionStatus === 'incomplete') await this.changes.complete(ctx, subscription);
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { INVOICE_BILLING_REASONS, type InvoiceBillingReason } from '../domain/invoicing/zero-rules.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import { PaymentLedger } from '../payments/payment-ledger.service.js';
import type { Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { JobHandlers } from '../platform/jobs/job-handlers.js';
import type { OutboxEvent } from '../platform/outbox/outbox-event.js';
import { OutboxSubscribers } from '../platform/outbox/outbox-subscribers.js';
import { WalletTopUps } from '../wallets/wallet-topups.service.js';

const JOB = 'wallet.invoice_settled';
/** The invoice of a subscription is no top-up. */
const OF_SUBSCRIPTIONS: ReadonlySet<InvoiceBillingReason> = new Set(
  INVOICE_BILLING_REASONS.filter((reason) => reason.startsWith('SUBSCRIPTION_')),
);

declare module '../platform/jobs/job-map.js' {
  interface JobMap {
    'wallet.invoice_settled': OutboxEvent<'invoice.paid' | 'invoice.voided'>;
  }
}

/** Credits that wait for an invoice: booked when it is paid, given up when it is void. However often it is told, once. */
@Injectable()
export class WalletInvoiceEvents implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly subscribers: OutboxSubscribers,
    private readonly topUps: WalletTopUps,
    private readonly invoices: InvoicesService,
    private readonly payments: PaymentLedger,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({
      jobKind: JOB,
      eventTypes: ['invoice.paid', 'invoice.voided'],
      concerns: (event) =>
        event.type !== 'invoice.paid' || !OF_SUBSCRIPTIONS.has(event.payload.billing_reason),
    });
    this.handlers.register({
      kind: JOB,
      handle: async ({ caller, payload }) => {
        await this.uow.run(caller, (ctx) => this.settle(ctx, payload.entityId));
        return undefined;
      },
    });
  }

  /** By what the invoice is now: it may have become void, or its money may have gone back, since the event. */
  private async settle(ctx: Ctx, invoiceId: string): Promise<void> {
    const invoice = await this.invoices.lock(ctx, invoiceId);
    if (invoice.invoiceStatus === 'VOIDED') await this.topUps.voided(ctx, invoiceId);
    else if (invoice.paidAt !== null) await this.topUps.paid(ctx, invoiceId);
    await this.payments.keepPurchase(ctx, invoice, 'known');
  }
}

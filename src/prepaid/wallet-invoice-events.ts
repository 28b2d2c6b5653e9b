import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { JobHandlers } from '../platform/jobs/job-handlers.js';
import { OutboxSubscribers } from '../platform/outbox/outbox-subscribers.js';
import { WalletTopUps } from '../wallets/wallet-topups.service.js';

const JOB = 'wallet.invoice_settled';

/** Credits that wait for an invoice: booked when it is paid, given up when it is void. However often it is told, once. */
@Injectable()
export class WalletInvoiceEvents implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly subscribers: OutboxSubscribers,
    private readonly topUps: WalletTopUps,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({
      jobKind: JOB,
      eventTypes: ['invoice.paid', 'invoice.voided'],
      // The invoice of a subscription is no top-up.
      concerns: ({ billing_reason: reason }) =>
        typeof reason !== 'string' || !reason.startsWith('SUBSCRIPTION_'),
    });
    this.handlers.register({
      kind: JOB,
      handle: async ({ caller, payload }) => {
        const invoiceId = String(payload.entityId);
        await this.uow.run(caller, (ctx) =>
          payload.type === 'invoice.paid'
            ? this.topUps.paid(ctx, invoiceId)
            : this.topUps.voided(ctx, invoiceId),
        );
        return undefined;
      },
    });
  }
}

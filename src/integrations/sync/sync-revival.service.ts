import { Injectable } from '@nestjs/common';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Ctx } from '../../platform/context.js';
import { NEEDED_FIRST } from './sync-outcomes.js';
import { SyncOperationsService } from './sync-operations.service.js';
import type { SyncError } from './sync.types.js';

/** Refusals that a change of the customer may have repaired. */
const CUSTOMER_AT_FAULT = new Set(['customer_email_missing', 'email_invalid', NEEDED_FIRST]);

/** What has failed for a customer's sake is tried again when the customer has changed, here or at the provider. */
@Injectable()
export class SyncRevival {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly operations: SyncOperationsService,
  ) {}

  /** The customer itself first: its invoices wait for it. On one connection, or on all. */
  async reviveFor(ctx: Ctx, customerId: string, connectionId?: string): Promise<void> {
    const of = {
      state: ['failed'],
      limit: 1000,
      ...(connectionId === undefined ? {} : { connection_id: connectionId }),
    };
    const failed = await this.operations.search(ctx, {
      ...of,
      entity_type: 'customer',
      entity_id: customerId,
    });
    for (const { id, action, error } of failed.rows)
      if (action === 'push' && isCustomersFault(error) && !(await this.isFollowed(ctx, id)))
        await this.operations.retry(ctx, id);
    const { rows } = await this.operations.search(ctx, { ...of, entity_type: 'invoice' });
    for (const { id, action, entityId, error } of rows)
      if (action === 'push' && isCustomersFault(error) && (await this.isOwed(ctx, entityId, customerId)))
        await this.operations.retry(ctx, id);
  }

  /** A newer change of the customer is told by an operation of its own. */
  private async isFollowed(ctx: Ctx, id: string): Promise<boolean> {
    return this.operations.hasNewer(ctx, await this.operations.get(ctx, id));
  }

  private async isOwed(ctx: Ctx, invoiceId: string, customerId: string): Promise<boolean> {
    const invoice = await this.invoices.get(ctx, invoiceId);
    return (
      invoice.customerId === customerId &&
      invoice.invoiceStatus === 'FINALIZED' &&
      invoice.amountRemaining > 0n
    );
  }
}

/** Stripe names the field, or how the invoice is to be collected, where it has nobody to send it to. */
const isCustomersFault = (error: SyncError | null): boolean =>
  error !== null &&
  (CUSTOMER_AT_FAULT.has(error.code) ||
    (error.kind === 'invalid' && (error.param === 'email' || /\bemail\b/i.test(error.message))));

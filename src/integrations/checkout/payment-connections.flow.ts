import { Injectable } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { invalidOperation } from '../../domain/errors.js';
import { money, type Money } from '../../domain/money.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Invoice } from '../../invoices/invoices.types.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { Ctx } from '../../platform/context.js';
import type { PaymentOperations } from '../../providers/provider-adapter.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncOperationsService } from '../sync/sync-operations.service.js';

/** Which connection a payment goes through, and whether it may. */
@Injectable()
export class PaymentConnections {
  constructor(
    private readonly connections: ConnectionsService,
    private readonly sessions: ProviderSessionsService,
    private readonly invoices: InvoicesService,
    private readonly books: PaymentsService,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
  ) {}

  /** The named provider's default connection, or the only default one that can take payments. */
  async choose(ctx: Ctx, provider: string | undefined): Promise<Connection> {
    if (provider !== undefined) {
      const connection = await this.connections.requireDefault(ctx, provider.toLowerCase());
      if (this.canPay(connection)) return connection;
      throw invalidOperation(
        `${connection.provider} takes payments only for its own invoices`,
        'provider_cannot_pay',
      );
    }
    const defaults = (await this.connections.listAll(ctx)).filter((one) => one.isDefault);
    const active = defaults.filter((one) => one.connectionState === 'active');
    // With nothing but paused ones, the first of them says why.
    const able = (active.length > 0 ? active : defaults).filter((one) => this.canPay(one));
    const [only] = able;
    if (only === undefined)
      throw invalidOperation('no connection of this environment can take payments', 'connection_missing');
    if (able.length > 1)
      throw invalidOperation(
        `say which provider: payment_gateway is one of ${able.map((one) => one.provider).join(', ')}`,
        'payment_gateway_required',
      );
    return only;
  }

  /** The connection that a payment has begun through, whatever has become of it since. */
  get(ctx: Ctx, id: string): Promise<Connection> {
    return this.connections.get(ctx, id);
  }

  private canPay(connection: Connection): boolean {
    return this.sessions.open(connection).payments !== undefined;
  }

  payments(connection: Connection): PaymentOperations {
    const { payments } = this.sessions.open(connection);
    if (payments === undefined) throw new Error(`${connection.provider} cannot take payments`);
    return payments;
  }

  /** The locked invoice, when this amount of it may be collected by us. */
  async lockCollectable(ctx: Ctx, invoiceId: string, amount?: Money): Promise<Invoice> {
    const invoice = await this.invoices.lock(ctx, invoiceId);
    if (invoice.invoiceStatus !== 'FINALIZED')
      throw invalidOperation(
        invoice.invoiceStatus === 'VOIDED'
          ? 'invoice is already voided'
          : `invoice is ${invoice.invoiceStatus}: only a finalized invoice can be paid`,
        'invoice_not_payable',
      );
    const remaining = money(invoice.amountRemaining, invoice.currency);
    if (remaining.amount === 0n)
      throw invalidOperation('the invoice is paid already', 'invoice_already_paid');
    if (amount !== undefined && amount.currency !== invoice.currency)
      throw invalidOperation(
        `the invoice is in ${invoice.currency}, the payment in ${amount.currency}`,
        'currency_mismatch',
      );
    if (amount !== undefined && amount.amount > remaining.amount)
      throw invalidOperation('the payment is more than what is still owed', 'amount_exceeds_remaining');
    await this.assertNotCollectedElsewhere(ctx, invoiceId);
    await this.assertNoneUnderWay(ctx, invoiceId);
    return invoice;
  }

  /** One payment of an invoice is decided before the next begins: a bank debit on a page, for days. */
  private async assertNoneUnderWay(ctx: Ctx, invoiceId: string): Promise<void> {
    const [other] = await this.books.underWayOf(ctx, invoiceId);
    if (other !== undefined)
      throw invalidOperation('another payment of this invoice is being decided', 'payment_in_progress', {
        payment_id: other.id,
      });
  }

  /** Two ways to pay one debt never exist at once: an invoice that a provider has is paid there. */
  private async assertNotCollectedElsewhere(ctx: Ctx, invoiceId: string): Promise<void> {
    for (const mapping of await this.mappings.ofEntity(ctx, 'invoice', invoiceId)) {
      const pushing = await this.operations.unfinishedOf(ctx, mapping.connectionId, {
        entityType: 'invoice',
        entityId: invoiceId,
      });
      const there = mapping.state === 'linked' && mapping.metadata.status !== 'void';
      if (!there && pushing.length === 0) continue;
      throw invalidOperation(
        there
          ? `${mapping.provider} collects this invoice: pay it on its page there`
          : `this invoice is just being pushed to ${mapping.provider}, which will collect it`,
        'invoice_collected_by_provider',
        {
          provider: mapping.provider,
          provider_invoice_id: mapping.providerEntityId,
          hosted_invoice_url: mapping.metadata.hosted_url ?? null,
        },
      );
    }
  }
}

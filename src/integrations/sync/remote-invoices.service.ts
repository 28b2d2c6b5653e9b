import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { money } from '../../domain/money.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import { PaymentReportsService } from '../../payments/payment-reports.service.js';
import type { Payment } from '../../payments/payments.types.js';
import type { Ctx } from '../../platform/context.js';
import type { RemoteInvoice, RemotePayment, RemotePaymentMethod } from '../../providers/provider-objects.js';
import { MappingsService } from '../mappings/mappings.service.js';

/**
 * Takes over what a provider says of an invoice: its links, and the money that has reached it. Whether a webhook,
 * a poll or the answer to our own call says it, and however often, the books end the same.
 */
@Injectable()
export class RemoteInvoicesService {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly reports: PaymentReportsService,
    private readonly mappings: MappingsService,
  ) {}

  async apply(ctx: Ctx, connection: Connection, invoiceId: string, remote: RemoteInvoice): Promise<void> {
    const { customerId } = await this.invoices.get(ctx, invoiceId);
    await this.mappings.assertRemoteCustomer(
      ctx,
      connection,
      customerId,
      remote.remoteCustomerId,
      `invoice ${invoiceId}`,
    );
    const [payment] = remote.payments;
    await this.mappings.link(ctx, connection, 'invoice', invoiceId, remote.remoteId, {
      status: remote.status,
      ...(remote.state === undefined ? {} : { state: remote.state }),
      ...(remote.hostedUrl ? { hosted_url: remote.hostedUrl } : {}),
      ...(remote.pdfUrl ? { pdf_url: remote.pdfUrl } : {}),
      ...(payment ? { payment_id: payment.remoteId } : {}),
      ...(remote.decline
        ? { decline_code: remote.decline.code, decline_message: remote.decline.message }
        : {}),
    });
    await this.invoices.attachRemote(ctx, invoiceId, {
      metadata: remote.metadata,
      pdfUrl: remote.pdfUrl,
      forget: [syncErrorKey(connection.provider)],
    });
    for (const one of remote.payments)
      if (one.status === 'succeeded') await this.applyPayment(ctx, connection, invoiceId, one);
    if (remote.status === 'paid' && remote.settledOutside)
      await this.applySettledOutside(ctx, connection, invoiceId, remote);
  }

  /**
   * Money for an invoice that has come by a second remote invoice: never our own echo, so it counts whatever is owed.
   * False when it was known.
   */
  async applyStray(
    ctx: Ctx,
    connection: Connection,
    invoiceId: string,
    remote: RemoteInvoice,
  ): Promise<boolean> {
    const before = (await this.invoices.lock(ctx, invoiceId)).amountPaid;
    for (const one of remote.payments)
      if (one.status === 'succeeded')
        await this.applyPayment(ctx, connection, invoiceId, { ...one, inferred: false });
    return (await this.invoices.lock(ctx, invoiceId)).amountPaid !== before;
  }

  private async applyPayment(
    ctx: Ctx,
    connection: Connection,
    invoiceId: string,
    payment: RemotePayment,
  ): Promise<void> {
    if (payment.inferred === true && (await this.invoices.lock(ctx, invoiceId)).amountRemaining === 0n)
      return;
    if (payment.paymentId !== undefined && !payment.foreign) {
      await this.reports.report(ctx, payment.paymentId, {
        status: 'SUCCEEDED',
        gatewayPaymentId: payment.remoteId,
        amount: payment.amount,
        paidAt: payment.paidAt,
        method: methodDetails(payment.method) ?? undefined,
      });
      return;
    }
    await this.reports.recordExternal(ctx, {
      invoiceId,
      connectionId: connection.id,
      gateway: connection.provider,
      gatewayPaymentId: payment.remoteId,
      amount: payment.amount,
      paidAt: payment.paidAt,
      method: methodDetails(payment.method),
      ...(payment.elsewhere === true ? { methodType: 'OFFLINE' as const } : {}),
      metadata: payment.metadata,
    });
  }

  /** Somebody has marked it paid at the provider. Nothing more is owed there, so nothing more is owed here. */
  private async applySettledOutside(
    ctx: Ctx,
    connection: Connection,
    invoiceId: string,
    remote: RemoteInvoice,
  ): Promise<void> {
    const invoice = await this.invoices.lock(ctx, invoiceId);
    if (invoice.amountRemaining === 0n) return;
    await this.reports.recordExternal(ctx, {
      invoiceId,
      connectionId: connection.id,
      gateway: connection.provider,
      gatewayPaymentId: `${remote.remoteId}:settled_outside`,
      amount: money(invoice.amountRemaining, invoice.currency),
      paidAt: undefined,
      method: null,
      methodType: 'OFFLINE',
      metadata: { recorded_as: `marked paid at ${connection.provider}` },
    });
  }
}

/** The key of an invoice's metadata that says why a provider does not have it. */
export const syncErrorKey = (provider: string): string => `${provider}_sync_error`;

export const methodDetails = (method: RemotePaymentMethod | undefined): Payment['methodDetails'] =>
  method === undefined
    ? null
    : { type: method.type, brand: method.brand ?? null, last4: method.last4 ?? null };

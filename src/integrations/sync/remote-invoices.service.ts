import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { money } from '../../domain/money.js';
import { InvoicesService, type RemoteAttachment } from '../../invoices/invoices.service.js';
import type { Invoice } from '../../invoices/invoices.types.js';
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
    const [invoice, isKnown] = await Promise.all([
      this.invoices.get(ctx, invoiceId),
      this.isKnown(ctx, connection, invoiceId, remote),
    ]);
    await this.mappings.assertRemoteCustomer(
      ctx,
      connection,
      invoice.customerId,
      remote.remoteCustomerId,
      `invoice ${invoiceId}`,
    );
    const attached = attachedOf(connection, remote);
    if (isKnown && !this.invoices.wouldAttach(invoice, attached) && !isBehind(invoice, remote)) return;
    await this.mappings.link(ctx, connection, 'invoice', invoiceId, remote.remoteId, seenOf(remote));
    await this.invoices.attachRemote(ctx, invoiceId, attached);
    for (const one of remote.payments)
      if (one.status === 'succeeded') await this.applyPayment(ctx, connection, invoiceId, one);
    if (remote.status === 'paid' && remote.settledOutside)
      await this.applySettledOutside(ctx, connection, invoiceId, remote);
  }

  /** Remote invoices of ours were withdrawn, and the one that stood for it, if any did: the invoice is not there. */
  async withdrawn(
    ctx: Ctx,
    connection: Connection,
    invoiceId: string,
    remoteIds: readonly string[],
  ): Promise<void> {
    const mapping = await this.mappings.find(ctx, connection.id, 'invoice', invoiceId);
    if (mapping !== null) await this.mappings.endWithdrawal(ctx, mapping, remoteIds);
  }

  /** A provider tells the same by several webhooks, and by its answer to our call: then nobody is kept waiting for a lock. */
  private async isKnown(
    ctx: Ctx,
    connection: Connection,
    invoiceId: string,
    remote: RemoteInvoice,
  ): Promise<boolean> {
    const [isLinked, hasPayments] = await Promise.all([
      this.mappings.isLinked(ctx, connection, 'invoice', invoiceId, remote.remoteId, seenOf(remote)),
      this.reports.isRecorded(
        ctx,
        connection.id,
        remote.payments.flatMap((one) =>
          one.status !== 'succeeded' || one.inferred === true
            ? []
            : {
                gatewayPaymentId: one.remoteId,
                paymentId: one.foreign ? undefined : one.paymentId,
                amount: one.amount,
                method: methodDetails(one.method),
              },
        ),
        invoiceId,
      ),
    ]);
    return isLinked && hasPayments;
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
    // On one that was made void here nothing is owed either: it is the echo of what we had told before.
    if (invoice.amountRemaining === 0n || invoice.invoiceStatus !== 'FINALIZED') return;
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

function seenOf(remote: RemoteInvoice): Record<string, string> {
  const [payment] = remote.payments;
  return {
    status: remote.status,
    ...(remote.state === undefined ? {} : { state: remote.state }),
    ...(remote.hostedUrl ? { hosted_url: remote.hostedUrl } : {}),
    ...(remote.pdfUrl ? { pdf_url: remote.pdfUrl } : {}),
    ...(payment ? { payment_id: payment.remoteId } : {}),
    ...(remote.decline ? { decline_code: remote.decline.code, decline_message: remote.decline.message } : {}),
  };
}

const attachedOf = (connection: Connection, remote: RemoteInvoice): RemoteAttachment => ({
  metadata: remote.metadata,
  pdfUrl: remote.pdfUrl,
  forget: [syncErrorKey(connection.provider)],
});

/** Money that is told of without a payment to know it by still has to reach the invoice. */
const isBehind = (invoice: Invoice, remote: RemoteInvoice): boolean =>
  invoice.amountRemaining > 0n &&
  ((remote.status === 'paid' && remote.settledOutside) ||
    remote.payments.some(({ status, inferred }) => status === 'succeeded' && inferred === true));

/** The key of an invoice's metadata that says why a provider does not have it. */
export const syncErrorKey = (provider: string): string => `${provider}_sync_error`;

export const methodDetails = (method: RemotePaymentMethod | undefined): Payment['methodDetails'] =>
  method === undefined
    ? null
    : { type: method.type, brand: method.brand ?? null, last4: method.last4 ?? null };

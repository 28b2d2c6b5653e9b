import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { InvoicesService, type RemoteAttachment } from '../../invoices/invoices.service.js';
import { PaymentReportsService } from '../../payments/payment-reports.service.js';
import type { Payment } from '../../payments/payments.types.js';
import { PaymentReversals } from '../../payments/payment-reversals.service.js';
import { RemoteAdjustments, type ReportedAdjustments } from '../../payments/remote-adjustments.service.js';
import type { Ctx } from '../../platform/context.js';
import type { RemoteInvoice, RemotePayment, RemotePaymentMethod } from '../../providers/provider-objects.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { reportedReversals } from './reported-reversals.js';
import { RemoteEndings } from './remote-endings.service.js';
import { SyncOperationsService } from './sync-operations.service.js';
import { toldAdjustments } from './told-adjustments.js';

/**
 * Takes over what a provider says of an invoice: its links, its state, the money that has reached it, and what adjusts
 * it. Whether a webhook, a poll or the answer to our own call says it, and however often, the books end the same.
 */
@Injectable()
export class RemoteInvoicesService {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly reports: PaymentReportsService,
    private readonly adjustments: RemoteAdjustments,
    private readonly reversals: PaymentReversals,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
    private readonly endings: RemoteEndings,
  ) {}

  async apply(ctx: Ctx, connection: Connection, invoiceId: string, remote: RemoteInvoice): Promise<void> {
    const [invoice, mapping, haveMarked] = await Promise.all([
      this.invoices.get(ctx, invoiceId),
      this.mappings.find(ctx, connection.id, 'invoice', invoiceId),
      this.operations.hasBegun(ctx, connection.id, {
        entityType: 'invoice',
        entityId: invoiceId,
        action: 'mark_paid',
      }),
    ]);
    await this.mappings.assertRemoteCustomer(
      ctx,
      connection,
      invoice.customerId,
      remote.remoteCustomerId,
      `invoice ${invoiceId}`,
    );
    const attached = attachedOf(connection, remote);
    // One that has taken the place of ours ends what the old one has adjusted.
    const former = mapping?.providerEntityId ?? null;
    const replaced = former !== null && former !== remote.remoteId ? (remote.replaces ?? []) : [];
    const told = toldAdjustments(connection, invoiceId, remote, { haveMarked, replaced });
    if (
      replaced.length === 0 &&
      !this.invoices.wouldAttach(invoice, attached) &&
      (await this.isKnown(ctx, connection, invoiceId, remote, told))
    )
      return this.askForLess(ctx, connection, invoiceId, remote);
    // One reader after the other from here on: what was known before is told once.
    await this.invoices.lock(ctx, invoiceId);
    const before = await this.mappings.find(ctx, connection.id, 'invoice', invoiceId);
    await this.mappings.link(ctx, connection, 'invoice', invoiceId, remote.remoteId, {
      ...seenOf(remote),
      ...(replaced.length === 0 ? {} : { replaced: replaced.join(' ') }),
    });
    await this.invoices.attachRemote(ctx, invoiceId, attached);
    for (const one of remote.payments)
      if (one.status === 'succeeded') await this.applyPayment(ctx, connection, invoiceId, one);
    for (const one of remote.payments)
      if (one.reversals !== undefined)
        await this.reversals.report(ctx, paymentOf(connection, one), ...reportedReversals(one.reversals));
    await this.adjustments.report(ctx, told);
    await this.endings.follow(ctx, connection, invoiceId, remote, before);
    await this.askForLess(ctx, connection, invoiceId, remote);
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
    told: ReportedAdjustments,
  ): Promise<boolean> {
    const [isLinked, hasPayments, hasAdjustments] = await Promise.all([
      this.mappings.isLinked(ctx, connection, 'invoice', invoiceId, remote.remoteId, seenOf(remote)),
      this.reports.isRecorded(
        ctx,
        connection.id,
        remote.payments.flatMap((one) =>
          one.status !== 'succeeded'
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
      this.adjustments.isKnown(ctx, told),
    ]);
    if (!isLinked || !hasPayments || !hasAdjustments) return false;
    for (const one of remote.payments)
      if (
        one.reversals !== undefined &&
        (await this.reversals.isBehind(ctx, paymentOf(connection, one), ...reportedReversals(one.reversals)))
      )
        return false;
    return true;
  }

  /**
   * What was paid here, or taken off, while the provider was told something else: it must not ask for more than is owed.
   * Each state of the invoice plans it once.
   */
  private async askForLess(
    ctx: Ctx,
    connection: Connection,
    invoiceId: string,
    remote: RemoteInvoice,
  ): Promise<void> {
    const asked = remote.amountRemaining;
    if (remote.status !== 'open' || asked === undefined) return;
    const { invoiceStatus, paymentStatus, amountRemaining, version } = await this.invoices.get(
      ctx,
      invoiceId,
    );
    const isOpen =
      paymentStatus === 'PENDING' || paymentStatus === 'SUCCEEDED' || paymentStatus === 'OVERPAID';
    if (invoiceStatus !== 'FINALIZED' || !isOpen || asked.amount <= amountRemaining) return;
    const of = { entityType: 'invoice', entityId: invoiceId } as const;
    await this.operations.plan(
      ctx,
      connection,
      amountRemaining === 0n
        ? { ...of, action: 'mark_paid', revision: 1 }
        : { ...of, action: 'settle_part', revision: version },
    );
  }

  /**
   * Money for an invoice that has come by a second remote invoice: it counts whatever is owed. False when it was known.
   */
  async applyStray(
    ctx: Ctx,
    connection: Connection,
    invoiceId: string,
    remote: RemoteInvoice,
  ): Promise<boolean> {
    const before = (await this.invoices.lock(ctx, invoiceId)).amountPaid;
    for (const one of remote.payments)
      if (one.status === 'succeeded') await this.applyPayment(ctx, connection, invoiceId, one);
    return (await this.invoices.lock(ctx, invoiceId)).amountPaid !== before;
  }

  private async applyPayment(
    ctx: Ctx,
    connection: Connection,
    invoiceId: string,
    payment: RemotePayment,
  ): Promise<void> {
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
      collected: payment.collected,
      paidAt: payment.paidAt,
      method: methodDetails(payment.method),
      ...(payment.elsewhere === true ? { methodType: 'OFFLINE' as const } : {}),
      metadata: payment.metadata,
    });
  }
}

const paymentOf = (
  { id }: Connection,
  { remoteId }: RemotePayment,
): { connectionId: string; gatewayPaymentId: string } => ({ connectionId: id, gatewayPaymentId: remoteId });

function seenOf(remote: RemoteInvoice): Record<string, string> {
  const [payment] = remote.payments;
  return {
    status: remote.status,
    ...(remote.state === undefined ? {} : { state: remote.state }),
    ...(remote.isProcessing === undefined ? {} : { processing: String(remote.isProcessing) }),
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

/** The key of an invoice's metadata that says why a provider does not have it. */
export const syncErrorKey = (provider: string): string => `${provider}_sync_error`;

export const methodDetails = (method: RemotePaymentMethod | undefined): Payment['methodDetails'] =>
  method === undefined
    ? null
    : { type: method.type, brand: method.brand ?? null, last4: method.last4 ?? null };

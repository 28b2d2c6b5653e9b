import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import { invalidOperation } from '../domain/errors.js';
import type { EventType } from '../domain/events.js';
import { takesPayments } from '../domain/invoicing/invoice-states.js';
import { money, type Money } from '../domain/money.js';
import {
  hasGone,
  mergeDisputeStatus,
  mergeRefundStatus,
  type DisputeState,
} from '../domain/paying/reversal-states.js';
import { takenByDispute } from '../domain/paying/adjustments.js';
import { statusAfterRefunds } from '../domain/paying/payment-states.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { findRow, insertRow, rowExists, updateRow } from '../platform/database/rows.js';
import { Outbox, type EventOf } from '../platform/outbox/outbox.js';
import type { PurchaseUndoing } from '../wallets/wallet-purchases.service.js';
import { PaymentDisputeEntity } from './payment-dispute.entity.js';
import { PaymentLedger } from './payment-ledger.service.js';
import { PaymentRefundEntity } from './payment-refund.entity.js';
import { PaymentEntity } from './payment.entity.js';
import type { Payment, PaymentDispute, PaymentRefund } from './payments.types.js';

/** What a provider says of money that has gone back. */
export interface ReportedRefund {
  readonly gatewayRefundId: string;
  /** Ours, where the provider's refund carries its id. */
  readonly refundId: string | undefined;
  readonly status: PaymentRefund['refundStatus'];
  readonly amount: Money;
  readonly reason: string | undefined;
  readonly failure: string | undefined;
}

export interface ReportedDispute {
  readonly gatewayDisputeId: string;
  readonly status: PaymentDispute['disputeStatus'];
  readonly amount: Money;
  readonly reason: string | undefined;
  readonly answerBy: Date | undefined;
  readonly openedAt: Date;
}

/** Money of a payment that has gone back, as the provider tells it: refunded, or taken by a bank. */
@Injectable()
export class PaymentReversals {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly ledger: PaymentLedger,
    private readonly outbox: Outbox,
  ) {}

  refundsOf(ctx: Ctx, paymentIds: readonly string[]): Promise<PaymentRefund[]> {
    return ctx.em
      .createQueryBuilder(PaymentRefundEntity, 'row')
      .where('row.paymentId = ANY(:ids)', { ids: paymentIds })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
  }

  disputesOf(ctx: Ctx, paymentIds: readonly string[]): Promise<PaymentDispute[]> {
    return ctx.em
      .createQueryBuilder(PaymentDisputeEntity, 'row')
      .where('row.paymentId = ANY(:ids)', { ids: paymentIds })
      .orderBy('row.openedAt')
      .addOrderBy('row.id')
      .getMany();
  }

  /** Takes over what the provider shows of a payment now. False when the payment is none of ours. */
  async report(
    ctx: Ctx,
    of: { readonly connectionId: string; readonly gatewayPaymentId: string },
    refunds: readonly ReportedRefund[],
    disputes: readonly ReportedDispute[],
  ): Promise<boolean> {
    const found = await findRow(ctx.em, PaymentEntity, of);
    if (found === null) return false;
    if (refunds.length + disputes.length === 0) return true;
    await this.invoices.lock(ctx, found.destinationId);
    const payment = await this.ledger.lock(ctx, found.id);
    for (const { amount } of [...refunds, ...disputes])
      if (amount.currency !== payment.currency)
        throw invalidOperation(
          `payment ${payment.id} is in ${payment.currency}, the provider gave back ${amount.currency}`,
          'currency_mismatch',
        );
    let changed = false;
    for (const refund of refunds) changed = (await this.takeRefund(ctx, payment, refund)) || changed;
    for (const dispute of disputes) changed = (await this.takeDispute(ctx, payment, dispute)) || changed;
    if (changed) await this.count(ctx, payment, 'known');
    return true;
  }

  /** Whether something of a payment of ours has gone back, or has changed, that is not in the books. */
  async isBehind(
    ctx: Ctx,
    of: { readonly connectionId: string; readonly gatewayPaymentId: string },
    refunds: readonly ReportedRefund[],
    disputes: readonly ReportedDispute[],
  ): Promise<boolean> {
    if (!(await rowExists(ctx.em, PaymentEntity, of))) return false;
    const { connectionId } = of;
    for (const { gatewayRefundId, status } of refunds) {
      const known = await findRow(ctx.em, PaymentRefundEntity, { connectionId, gatewayRefundId });
      if (known === null || mergeRefundStatus(known.refundStatus, status) !== known.refundStatus) return true;
    }
    for (const { gatewayDisputeId, status } of disputes) {
      const known = await findRow(ctx.em, PaymentDisputeEntity, { connectionId, gatewayDisputeId });
      if (known === null || mergeDisputeStatus(known.disputeStatus, status) !== known.disputeStatus)
        return true;
    }
    return false;
  }

  /** Whether the connection has collected anything, so that something can go back. */
  hasCollected(ctx: Ctx, connectionId: string): Promise<boolean> {
    return ctx.em.existsBy(PaymentEntity, { connectionId, succeededAt: Not(IsNull()) });
  }

  private async takeRefund(ctx: Ctx, payment: Payment, report: ReportedRefund): Promise<boolean> {
    const { gatewayRefundId, status } = report;
    const connectionId = payment.connectionId;
    const amount = await this.ofThisInvoice(ctx, payment, report);
    const own = report.refundId === undefined ? {} : { id: report.refundId, paymentId: payment.id };
    const known =
      (await findRow(ctx.em, PaymentRefundEntity, {
        connectionId: connectionId as string,
        gatewayRefundId,
      })) ?? ('id' in own ? await findRow(ctx.em, PaymentRefundEntity, own) : null);
    if (known === null) {
      if (amount.amount <= 0n) return false;
      await insertRow(ctx.em, PaymentRefundEntity, {
        ...this.told(ctx, payment, amount.amount),
        destination: 'PROVIDER',
        reference: gatewayRefundId,
        refundStatus: status,
        gatewayRefundId,
        reason: report.reason ?? null,
        errorMessage: report.failure ?? null,
      });
      await this.announce(ctx, payment, {
        type: 'payment.refunded',
        payload: { status, gateway_refund_id: gatewayRefundId },
      });
      return true;
    }
    // A refusal that was only concluded here is no word of the provider: what it shows has happened.
    const before = known.gatewayRefundId === null ? 'REQUESTED' : known.refundStatus;
    const merged = mergeRefundStatus(before, status);
    if (merged === known.refundStatus && known.gatewayRefundId !== null) return false;
    await updateRow(ctx.em, PaymentRefundEntity, known.id, {
      ...auditColumnsForUpdate(ctx),
      refundStatus: merged,
      gatewayRefundId,
      reference: gatewayRefundId,
      amount: amount.amount,
      errorMessage: report.failure ?? (hasGone(merged) ? null : known.errorMessage),
    });
    await this.announce(ctx, payment, {
      type: 'payment.refunded',
      payload: { status: merged, gateway_refund_id: gatewayRefundId },
    });
    return true;
  }

  /** Where more was collected with the payment than is ours, only as much as was ours can go back of it. */
  private async ofThisInvoice(
    ctx: Ctx,
    payment: Payment,
    { gatewayRefundId, amount }: ReportedRefund,
  ): Promise<Money> {
    if (payment.gatewayMetadata[COLLECTED_WHOLE] === undefined) return amount;
    const others = (await this.refundsOf(ctx, [payment.id]))
      .filter((row) => row.gatewayRefundId !== gatewayRefundId && hasGone(row.refundStatus))
      .reduce((sum, row) => sum + row.amount, 0n);
    return money(takenByDispute(payment.amount, others, amount.amount), payment.currency);
  }

  private async takeDispute(ctx: Ctx, payment: Payment, report: ReportedDispute): Promise<boolean> {
    const connectionId = payment.connectionId as string;
    const { gatewayDisputeId } = report;
    const known = await findRow(ctx.em, PaymentDisputeEntity, { connectionId, gatewayDisputeId });
    const status = known === null ? report.status : mergeDisputeStatus(known.disputeStatus, report.status);
    if (status === known?.disputeStatus) return false;
    const facts = {
      disputeStatus: status,
      reason: report.reason ?? null,
      amount: report.amount.amount,
      answerBy: report.answerBy ?? null,
      closedAt: CLOSED.has(status) ? (known?.closedAt ?? ctx.now) : null,
    };
    if (known === null)
      await insertRow(ctx.em, PaymentDisputeEntity, {
        ...auditColumnsForInsert(ctx, 'dispute'),
        invoiceId: payment.destinationId,
        paymentId: payment.id,
        connectionId,
        gatewayDisputeId,
        currency: payment.currency,
        openedAt: report.openedAt,
        ...facts,
      });
    else await updateRow(ctx.em, PaymentDisputeEntity, known.id, { ...auditColumnsForUpdate(ctx), ...facts });
    await this.bookDispute(ctx, payment, report, status);
    await this.announce(ctx, payment, {
      type: DISPUTE_EVENTS[status],
      payload: { gateway_dispute_id: gatewayDisputeId },
    });
    return true;
  }

  /** While a dispute is open its money may come back: the books take it for gone only when it is lost. */
  private async bookDispute(
    ctx: Ctx,
    payment: Payment,
    { gatewayDisputeId, amount, reason }: ReportedDispute,
    status: PaymentDispute['disputeStatus'],
  ): Promise<void> {
    const booked = await findRow(ctx.em, PaymentRefundEntity, {
      paymentId: payment.id,
      destination: 'DISPUTE',
      reference: gatewayDisputeId,
    });
    // How much of the payment was left to be taken is worked out with all that went back of it.
    if (status === 'LOST' && booked === null)
      await insertRow(ctx.em, PaymentRefundEntity, {
        ...this.told(ctx, payment, amount.amount),
        destination: 'DISPUTE',
        reference: gatewayDisputeId,
        refundStatus: 'SUCCEEDED',
        gatewayRefundId: null,
        reason: reason ?? null,
        errorMessage: null,
      });
    if (status === 'WON' && booked !== null)
      await updateRow(ctx.em, PaymentRefundEntity, booked.id, {
        ...auditColumnsForUpdate(ctx),
        refundStatus: 'CANCELED',
      });
  }

  private told(
    ctx: Ctx,
    payment: Payment,
    amount: bigint,
  ): ReturnType<typeof auditColumnsForInsert> &
    Pick<
      PaymentRefund,
      | 'invoiceId'
      | 'paymentId'
      | 'creditNoteId'
      | 'currency'
      | 'amount'
      | 'connectionId'
      | 'ordinal'
      | 'idempotencyKey'
    > {
    return {
      ...auditColumnsForInsert(ctx, 'refund'),
      invoiceId: payment.destinationId,
      paymentId: payment.id,
      creditNoteId: null,
      currency: payment.currency,
      amount,
      connectionId: payment.connectionId,
      ordinal: null,
      idempotencyKey: null,
    };
  }

  /** Where all that went back leaves the payment and its invoice. Both are locked. */
  async count(ctx: Ctx, payment: Payment, undoing: PurchaseUndoing = 'unspent'): Promise<void> {
    await this.fitDisputes(ctx, payment);
    const gone = (await this.refundsOf(ctx, [payment.id]))
      .filter((row) => hasGone(row.refundStatus))
      .reduce((sum, row) => sum + row.amount, 0n);
    const status = statusAfterRefunds(money(payment.amount, payment.currency), money(gone, payment.currency));
    if (payment.succeededAt !== null && status !== payment.paymentStatus) {
      const refundedAt = gone > 0n ? (payment.refundedAt ?? ctx.now) : null;
      const after = await this.ledger.change(ctx, payment.id, { paymentStatus: status, refundedAt });
      await this.ledger.announce(ctx, after);
    }
    const invoice = await this.invoices.lock(ctx, payment.destinationId);
    // Of a voided invoice what was paid has gone back already: then this is known of the payment alone.
    if (takesPayments(invoice.invoiceStatus)) await this.ledger.recount(ctx, invoice, undefined, undoing);
  }

  /**
   * A bank names the whole payment, also where a part of it was given back before, or is told to be after: what a lost
   * dispute has taken is what refunds have left.
   */
  private async fitDisputes(ctx: Ctx, payment: Payment): Promise<void> {
    const rows = await this.refundsOf(ctx, [payment.id]);
    const disputes = await this.disputesOf(ctx, [payment.id]);
    let gone = rows
      .filter((row) => row.destination !== 'DISPUTE' && hasGone(row.refundStatus))
      .reduce((sum, row) => sum + row.amount, 0n);
    for (const dispute of disputes.filter(({ disputeStatus }) => disputeStatus === 'LOST')) {
      const booked = rows.find(
        (row) => row.destination === 'DISPUTE' && row.reference === dispute.gatewayDisputeId,
      );
      if (booked === undefined) continue;
      const amount = takenByDispute(payment.amount, gone, dispute.amount);
      gone += amount;
      const fitted =
        amount > 0n
          ? { amount, refundStatus: 'SUCCEEDED' as const }
          : { amount: booked.amount, refundStatus: 'CANCELED' as const };
      if (booked.amount !== fitted.amount || booked.refundStatus !== fitted.refundStatus)
        await updateRow(ctx.em, PaymentRefundEntity, booked.id, { ...auditColumnsForUpdate(ctx), ...fitted });
    }
  }

  private announce(ctx: Ctx, { id }: Payment, event: EventOf<'payment'>): Promise<void> {
    return this.outbox.append(ctx, { ...event, entityType: 'payment', entityId: id });
  }
}

const DISPUTE_EVENTS = {
  INQUIRY: 'payment.dispute_inquiry',
  INQUIRY_CLOSED: 'payment.dispute_inquiry_closed',
  OPEN: 'payment.dispute_open',
  LOST: 'payment.dispute_lost',
  WON: 'payment.dispute_won',
} as const satisfies Record<DisputeState, EventType>;

/** On a payment that has paid other debts, too: what was collected in all, in major units. */
export const COLLECTED_WHOLE = 'collected_amount';

const CLOSED: ReadonlySet<PaymentDispute['disputeStatus']> = new Set(['LOST', 'WON', 'INQUIRY_CLOSED']);

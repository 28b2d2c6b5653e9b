import type { CreditBalance } from '../domain/invoicing/credits.js';
import type { DraftInvoice, DraftLine } from '../domain/invoicing/draft-invoice.js';
import { priceInvoice } from '../domain/invoicing/price-invoice.js';
import { money, sumMoney, type Money } from '../domain/money.js';
import type { SettledTax } from '../rating/rated-line.types.js';
import type { Ctx } from '../platform/context.js';
import { newId } from '../platform/ids.js';
import type { InvoiceEntity } from './invoice.entity.js';
import type {
  CreditInput,
  Invoice,
  InvoiceApplications,
  InvoiceDraftInput,
  InvoiceLineItem,
} from './invoices.types.js';

export type Figures = Pick<
  InvoiceEntity,
  | 'subtotal'
  | 'totalDiscount'
  | 'totalPrepaidCreditsApplied'
  | 'totalTax'
  | 'total'
  | 'amountRemaining'
  | 'lastComputedAt'
>;

export const newInvoice = (
  ctx: Ctx,
  input: InvoiceDraftInput,
  figures: Figures,
  skipped: boolean,
  billingSequence: number | null,
): InvoiceEntity => ({
  // Written out: what is added to a spread object is moved to a larger place again and again.
  id: newId('invoice'),
  tenantId: ctx.scope.tenantId,
  environmentId: ctx.scope.environmentId,
  createdAt: ctx.now,
  updatedAt: ctx.now,
  createdBy: ctx.actor,
  updatedBy: ctx.actor,
  status: 'published',
  subtotal: figures.subtotal,
  totalDiscount: figures.totalDiscount,
  totalPrepaidCreditsApplied: figures.totalPrepaidCreditsApplied,
  totalTax: figures.totalTax,
  total: figures.total,
  amountRemaining: figures.amountRemaining,
  lastComputedAt: figures.lastComputedAt,
  customerId: input.customerId,
  subscriptionId: input.subscriptionId,
  invoiceType: input.type,
  invoiceStatus: skipped ? 'SKIPPED' : 'DRAFT',
  paymentStatus: 'PENDING',
  billingReason: input.billingReason,
  billingPeriod: input.billingPeriod,
  billingSequence,
  collectionMethod: input.collectionMethod,
  currency: input.currency,
  amountPaid: 0n,
  overpaidAmount: 0n,
  adjustmentAmount: 0n,
  refundedAmount: 0n,
  invoiceNumber: null,
  description: input.description ?? null,
  paymentTerms: input.paymentTerms ?? null,
  issueDate: input.issueDate ?? null,
  dueDate: input.dueDate ?? null,
  periodStart: input.period?.start ?? null,
  periodEnd: input.period?.end ?? null,
  finalizeAt: null,
  finalizedAt: null,
  paidAt: null,
  voidedAt: null,
  recalculatedInvoiceId: null,
  isManuallyEdited: false,
  invoicePdfUrl: input.invoicePdfUrl ?? null,
  paymentDetails: null,
  idempotencyKey: input.idempotencyKey ?? null,
  metadata: { ...input.metadata },
  version: 1,
});

export const toPrice = (input: InvoiceDraftInput): Parameters<typeof priceInvoice>[0] => ({
  currency: input.currency,
  lines: input.lines.map((line, index) => ({
    key: String(index),
    name: line.displayName,
    priceType: line.priceType,
    amount: line.amount,
    quantity: line.quantity,
    periodStart: line.period?.start ?? null,
    periodEnd: line.period?.end ?? null,
    ...(line.settled === undefined ? {} : { settled: { tax: settledTax(line.settled, input.currency) } }),
    ...(line.undiscounted === true ? { undiscounted: true } : {}),
  })),
  ...couponsOf(input),
  credits: creditBalances(input.credits ?? []),
  taxes: (input.taxes ?? []).map((tax, index) => ({ ...tax, key: String(index) })),
});

/** The balances as the pricing steps take them. */
export const creditBalances = (credits: readonly CreditInput[]): CreditBalance[] =>
  credits.map(({ amount, priceTypes, paysTax }, index) => ({
    key: String(index),
    amount,
    priceTypes,
    paysTax,
  }));

export const isSameInvoice = (target: Invoice, input: InvoiceDraftInput): boolean =>
  target.subscriptionId === input.subscriptionId &&
  target.billingReason === input.billingReason &&
  target.periodStart?.getTime() === input.period?.start.getTime() &&
  target.periodEnd?.getTime() === input.period?.end.getTime();

export const figuresOf = (ctx: Ctx, priced: DraftInvoice): Figures => ({
  subtotal: priced.subtotal.amount,
  totalDiscount: priced.totalDiscount.amount,
  totalPrepaidCreditsApplied: priced.totalPrepaidCredits.amount,
  totalTax: priced.totalTax.amount,
  total: priced.total.amount,
  amountRemaining: priced.total.amount,
  lastComputedAt: ctx.now,
});

const settledTax = ({ taxes }: SettledTax, currency: string): Money =>
  sumMoney(
    taxes.map(({ amount }) => amount),
    currency,
  );

/** The coupons as the pricing steps take them. */
function couponsOf({ coupons = [] }: InvoiceDraftInput): {
  lineCoupons: NonNullable<Parameters<typeof priceInvoice>[0]['lineCoupons']>;
  invoiceCoupons: NonNullable<Parameters<typeof priceInvoice>[0]['invoiceCoupons']>;
} {
  const keyed = coupons.map((coupon, index) => ({ ...coupon, key: String(index) }));
  return {
    lineCoupons: keyed.flatMap((coupon) =>
      coupon.lineIndex === null ? [] : [{ lineKey: String(coupon.lineIndex), coupon }],
    ),
    invoiceCoupons: keyed.filter((coupon) => coupon.lineIndex === null),
  };
}

/** A stored draft as the pricing steps know it: the same figures, line by line. */
export function storedDraft(
  invoice: Invoice,
  lines: readonly InvoiceLineItem[],
  applied: InvoiceApplications,
): DraftInvoice {
  const amount = (minor: bigint): DraftLine['amount'] => money(minor, invoice.currency);
  return {
    currency: invoice.currency,
    lines: lines.map((line) => ({
      key: line.id,
      priceType: line.priceType ?? 'FIXED',
      quantity: line.quantity,
      periodStart: line.periodStart,
      periodEnd: line.periodEnd,
      ...(line.ownTax === null ? {} : { settled: { tax: amount(line.ownTax) } }),
      amount: amount(line.amount),
      lineItemDiscount: amount(line.lineItemDiscount),
      invoiceLevelDiscount: amount(line.invoiceLevelDiscount),
      prepaidCreditsApplied: amount(line.prepaidCreditsApplied),
    })),
    discounts: applied.coupons.map((one) => ({
      couponKey: one.couponId,
      lineKey: one.invoiceLineItemId,
      originalPrice: amount(one.originalPrice),
      amount: amount(one.discountedAmount),
      finalPrice: amount(one.finalPrice),
    })),
    credits: applied.credits.map((one) => ({
      balanceKey: one.walletId,
      lineKey: one.invoiceLineItemId,
      amount: amount(one.amount),
    })),
    taxes: applied.taxes
      .filter((one) => one.invoiceLineItemId === null)
      .map((one) => ({
        taxKey: one.taxRateId,
        taxableAmount: amount(one.taxableAmount),
        amount: amount(one.taxAmount),
      })),
    subtotal: amount(invoice.subtotal),
    totalDiscount: amount(invoice.totalDiscount),
    totalPrepaidCredits: amount(invoice.totalPrepaidCreditsApplied),
    totalTax: amount(invoice.totalTax),
    total: amount(invoice.total),
  };
}

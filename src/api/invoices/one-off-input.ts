import { fieldErrors, validationError } from '../../domain/errors.js';
import { formatMoney, roundToMoney, sumMoney } from '../../domain/money.js';
import { rate } from '../../domain/rate.js';
import { taxOverrides } from '../taxes/taxes.requests.js';
import type { OneOffDiscountsAndTaxesInput } from '../../invoices/one-off-discounts-and-taxes.service.js';
import type { CreateInvoiceLineItemRequest, CreateInvoiceRequest } from './invoices.requests.js';
import type { Invoice } from '../../invoices/invoices.types.js';
import type { RatedLine } from '../../rating/rated-line.types.js';

const EMPTY_LINE = { quantity: rate(1), priceType: 'FIXED', period: null } as const;

/** Without lines the amount makes the only one. */
export const oneOffLines = (body: CreateInvoiceRequest): RatedLine[] =>
  body.line_items?.length
    ? body.line_items.map((line, index) => oneOffLine(line, index))
    : [{ ...EMPTY_LINE, displayName: body.description ?? 'Invoice', amount: rate(body.amount_due) }];

const oneOffLine = (line: CreateInvoiceLineItemRequest, index: number): RatedLine => ({
  displayName: line.display_name ?? 'Item',
  amount: rate(line.amount),
  quantity: rate(line.quantity),
  priceType: line.price_type ?? 'FIXED',
  period: periodOf(line.period_start, line.period_end, `line_items[${index}].`),
  entityType: line.entity_type ?? null,
  entityId: line.entity_id ?? null,
  priceId: line.price_id ?? null,
  meterId: line.meter_id ?? null,
  planDisplayName: line.plan_display_name ?? null,
  meterDisplayName: line.meter_display_name ?? null,
  metadata: line.metadata ?? {},
});

export function periodOf(start: Date | undefined, end: Date | undefined, path: string): RatedLine['period'] {
  if (start === undefined && end === undefined) return null;
  if (start === undefined || end === undefined || start >= end)
    throw validationError(`${path}period_start and ${path}period_end go together, the start before the end`);
  return { start, end };
}

export function assertDates({ issue_date: issued, due_date: due }: CreateInvoiceRequest): void {
  if (issued !== undefined && due !== undefined && due < issued)
    throw fieldErrors({ due_date: 'due_date must not be before issue_date' });
}

/** The coupons and taxes that the body puts on the invoice. */
export const termsOf = (
  body: CreateInvoiceRequest,
  lines: readonly RatedLine[],
): OneOffDiscountsAndTaxesInput => ({
  customerId: body.customer_id,
  currency: body.currency,
  coupons: [
    ...(body.line_item_coupons ?? []).map((one, index) => ({
      couponId: one.coupon_id,
      associationId: one.coupon_association_id,
      lineIndex: lineIndexOf(one.line_item_id, lines, `line_item_coupons[${index}]`),
      path: `line_item_coupons[${index}]`,
    })),
    ...(body.coupons ?? []).map((couponId, index) => ({
      couponId,
      lineIndex: null,
      path: `coupons[${index}]`,
    })),
    ...(body.invoice_coupons ?? []).map((one, index) => ({
      couponId: one.coupon_id,
      associationId: one.coupon_association_id,
      lineIndex: null,
      path: `invoice_coupons[${index}]`,
    })),
  ],
  taxRates: body.tax_rates ?? [],
  taxOverrides: taxOverrides(body.tax_rate_overrides) ?? [],
});

/** A line of a new invoice has no id yet: it is named by its price, or by its place in the list. */
function lineIndexOf(name: string, lines: readonly RatedLine[], path: string): number {
  const own = lines.flatMap(({ priceId }, index) => (priceId === name ? [index] : []));
  const [only, another] = own;
  if (only !== undefined && another === undefined) return only;
  if (only === undefined && /^\d{1,4}$/.test(name) && Number(name) < lines.length) return Number(name);
  throw fieldErrors({
    [`${path}.line_item_id`]:
      only === undefined
        ? `${path}.line_item_id must be the price_id of a line, or its place from 0 on`
        : `${path}.line_item_id: several lines have price ${name}: name the line by its place from 0 on`,
  });
}

/** What the caller believes the lines to come to must be what they come to. */
export function assertLines(body: CreateInvoiceRequest, lines: readonly RatedLine[]): void {
  const sum = sumMoney(
    lines.map((line) => roundToMoney(line.amount, body.currency)),
    body.currency,
  );
  const errors: Record<string, string> = {};
  const differs = (given: string | undefined): boolean =>
    given !== undefined && roundToMoney(rate(given), body.currency).amount !== sum.amount;
  for (const field of hasTerms(body)
    ? (['subtotal'] as const)
    : (['amount_due', 'subtotal', 'total'] as const))
    if (differs(body[field]))
      errors[field] = `${field} is ${body[field]}, the lines add up to ${formatMoney(sum)}`;
  if (sum.amount < 0n) errors.line_items = 'the lines must not add up to less than nothing';
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
}

/** With coupons and taxes a caller may mean the sum of the lines or what is owed in the end; anything else is a mistake. */
export function assertTotal(body: CreateInvoiceRequest, { subtotal, total, currency }: Invoice): void {
  const errors: Record<string, string> = {};
  for (const field of ['amount_due', 'total'] as const) {
    const given = body[field] === undefined ? undefined : roundToMoney(rate(body[field]), currency).amount;
    if (given !== undefined && given !== subtotal && given !== total)
      errors[field] =
        `${field} is ${body[field]}, the invoice comes to ${formatMoney({ amount: total, currency })}`;
  }
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
}

const hasTerms = (body: CreateInvoiceRequest): boolean =>
  [body.coupons, body.invoice_coupons, body.line_item_coupons, body.tax_rates, body.tax_rate_overrides].some(
    (list) => list !== undefined && list.length > 0,
  );

import { restateUsage, type BilledUsage } from '../../domain/invoicing/late-usage.js';
import { money, moneyToRate, roundToMoney, sumMoney, type Money } from '../../domain/money.js';
import type { Period } from '../../domain/period.js';
import type { Rate } from '../../domain/rate.js';
import type { Invoice, InvoiceLineItem, UsageRestatement } from '../../invoices/invoices.types.js';
import type { RatedLine } from '../../rating/rated-line.types.js';
import { netOf, type LineCredit } from '../../invoices/line-credits.service.js';
import type { BillingTask } from '../../rating/billing-task.types.js';

/** A moment in a subscription's life that is billed. */
export type LateUsageTask = Pick<BillingTask, 'subscription' | 'moment' | 'reason' | 'runsUntil'>;

/** The period that a moment closes: what is late is of earlier ones. A beginning closes none. */
export const closingOf = ({ moment }: LateUsageTask): Period | undefined =>
  moment.type === 'period_end' || moment.type === 'cancel' ? moment.closing : undefined;

/** A price's usage of one finished period, as it stands in the books. */
export interface Billed {
  readonly invoice: Invoice;
  readonly line: InvoiceLineItem;
  /** The subscription on whose bill it is restated. */
  readonly carrierId: string;
  readonly usage: BilledUsage;
  readonly quantity: Rate;
  readonly rated: RatedLine;
}

/** What has changed lines since they were billed. */
export interface Books {
  readonly restatements: readonly UsageRestatement[];
  /** The lines that carry the restatements. */
  readonly carriers: ReadonlyMap<string, InvoiceLineItem>;
  /** What was given back otherwise: usage that is taken back later gives back only what was still charged for it. */
  readonly credits: readonly LineCredit[];
}

const keyOfParts = (lineItemId: string, start: Date, end: Date): string =>
  `${lineItemId} ${start.toISOString()} ${end.toISOString()}`;

export const keyOf = (line: InvoiceLineItem): string =>
  keyOfParts(line.subscriptionLineItemId as string, line.periodStart as Date, line.periodEnd as Date);

export const restatedKeyOf = (one: UsageRestatement): string =>
  keyOfParts(one.subscriptionLineItemId, one.periodStart, one.periodEnd);

export const ratedKeyOf = (line: RatedLine): string | undefined =>
  line.priceType !== 'USAGE' || line.period === null || !line.subscriptionLineItemId
    ? undefined
    : keyOfParts(line.subscriptionLineItemId, line.period.start, line.period.end);

/** Later periods too: a free quantity that outlasts a period, and a meter that never resets, carry usage on into them. */
export const mayBear = (line: InvoiceLineItem, late: Period): boolean =>
  late.start < (line.periodEnd as Date);

export const isEarlier = ({ line }: Billed, task: LateUsageTask): boolean => {
  const closing = closingOf(task);
  return closing !== undefined && (line.periodEnd as Date) <= closing.start;
};

export const carriedOf = (restatements: readonly UsageRestatement[], line: InvoiceLineItem): bigint =>
  restatements
    .filter((one) => restatedKeyOf(one) === keyOf(line))
    .reduce((sum, one) => sum + one.carriedAmount, 0n);

/** The period was billed again after it was restated: the new line may hold what the restatement has billed already. */
export function isRemade(restatements: readonly UsageRestatement[], line: InvoiceLineItem): boolean {
  const own = restatements.filter((one) => restatedKeyOf(one) === keyOf(line));
  const latest = own.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())[0];
  return latest !== undefined && latest.restatedLineItemId !== line.id;
}

/** How a period stands: its own lines, and what restated them since. */
export function standing(
  key: string,
  lines: readonly InvoiceLineItem[],
  { restatements, carriers, credits }: Books,
  rated: readonly RatedLine[],
): { readonly usage: BilledUsage; readonly quantity: Rate } {
  const currency = (lines[0] as InvoiceLineItem).currency;
  const of = (minor: bigint): Money => money(minor, currency);
  const charged = (line: InvoiceLineItem): bigint =>
    netOf(line).amount -
    sum(
      credits.filter(({ lineId }) => lineId === line.id),
      ({ net }) => net.amount,
    );
  const sum = <T>(list: readonly T[], value: (one: T) => bigint): bigint =>
    list.reduce((total, one) => total + value(one), 0n);
  const carrierNet = (one: UsageRestatement): bigint => {
    const carrier = carriers.get(one.invoiceLineItemId);
    return carrier === undefined ? 0n : charged(carrier);
  };
  return {
    usage: {
      key,
      gross: of(
        sum(lines, (line) => line.amount) + sum(restatements, (one) => one.amount - one.amountBefore),
      ),
      net: of(sum(lines, charged) + sum(restatements, carrierNet)),
      carried: of(sum(restatements, (one) => one.carriedAmount)),
      rated: sumMoney(
        rated.map((line) => roundToMoney(line.amount, currency)),
        currency,
      ),
    },
    quantity: restatements.reduce(
      (total, one) => total.plus(one.quantity).minus(one.quantityBefore),
      (lines[0] as InvoiceLineItem).quantity,
    ),
  };
}

/** The lines that bring the periods to what they come to. */
export function restatedLines(found: readonly Billed[], base: Money, currency: string): RatedLine[] {
  const deltas = restateUsage({ currency, base, usages: found.map(({ usage }) => usage) });
  return deltas.map((delta): RatedLine => {
    const { line, usage, quantity, rated } = found.find((one) => one.usage.key === delta.key) as Billed;
    const period = { start: line.periodStart as Date, end: line.periodEnd as Date };
    return {
      displayName: `${line.displayName} (late usage)`,
      amount: moneyToRate(delta.amount),
      quantity: rated.quantity.minus(quantity),
      priceType: 'USAGE',
      period,
      subscriptionLineItemId: line.subscriptionLineItemId,
      entityType: line.entityType,
      entityId: line.entityId,
      priceId: line.priceId,
      meterId: line.meterId,
      planDisplayName: line.planDisplayName,
      meterDisplayName: line.meterDisplayName,
      metadata: { restates_invoice_line_item_id: line.id },
      restatement: {
        restatedLineItemId: line.id,
        subscriptionLineItemId: line.subscriptionLineItemId as string,
        priceId: line.priceId as string,
        period,
        quantityBefore: quantity,
        quantity: rated.quantity,
        amountBefore: usage.gross.amount,
        amount: usage.rated.amount,
        carriedAmount: delta.carriedChange.amount,
      },
    };
  });
}

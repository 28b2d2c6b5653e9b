import { giveCredits, type GivenCredit } from '../../domain/invoicing/give-credits.js';
import { wantedRestatements, type BilledUsage } from '../../domain/invoicing/late-usage.js';
import { money, moneyToRate, roundToMoney, sumMoney, type Money } from '../../domain/money.js';
import { laterOf, type Period } from '../../domain/period.js';
import { ZERO, type Rate } from '../../domain/rate.js';
import { withTax, type LineTaxBook } from '../../invoices/line-taxes.service.js';
import type { Invoice, InvoiceLineItem, UsageRestatement } from '../../invoices/invoices.types.js';
import type { GivenPart, RatedLine, Restatement } from '../../rating/rated-line.types.js';
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
  /** All lines that bill it: a price and its overage, and what was charged for it later. */
  readonly lineIds: readonly string[];
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

/**
 * Later periods too: a free quantity that outlasts a period, and a meter that never resets, carry usage on into them. And all
 * of the period that a change has cut: what is used behind the cut may change what the part before it comes to.
 */
export const mayBear = (line: InvoiceLineItem, wholeUntil: Date, late: Period): boolean =>
  late.start < laterOf(line.periodEnd as Date, wholeUntil);

export const isEarlier = ({ line }: Billed, task: LateUsageTask): boolean => {
  const closing = closingOf(task);
  return closing !== undefined && (line.periodEnd as Date) <= closing.start;
};

export const carriedOf = (restatements: readonly UsageRestatement[], line: InvoiceLineItem): bigint =>
  restatements
    .filter((one) => restatedKeyOf(one) === keyOf(line))
    .reduce((sum, one) => sum + one.carriedAmount, 0n);

/**
 * The period was billed again after it was restated: the new lines may hold what the restatement has billed already.
 *
 * @param lines all that bill one key: a price, and its overage
 */
export function isRemade(
  restatements: readonly UsageRestatement[],
  lines: readonly InvoiceLineItem[],
): boolean {
  const key = keyOf(lines[0] as InvoiceLineItem);
  const own = restatements.filter((one) => restatedKeyOf(one) === key);
  const latest = own.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())[0];
  return latest !== undefined && lines.every(({ id }) => id !== latest.restatedLineItemId);
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

/** A credit that a period's correction asks for, before tax. */
export interface LateCredit {
  readonly billed: Billed;
  readonly credit: Money;
  /** A charge of the same usage brings the period to its rating: this only gives back what was carried. */
  readonly isCarriedOnly: boolean;
}

/** What has changed periods that are billed. */
export interface LateUsage {
  readonly charges: readonly RatedLine[];
  readonly credits: readonly LateCredit[];
}

/** The charges that are missing, and the credits that are asked for. */
export function lateUsageOf(found: readonly Billed[]): LateUsage {
  const wanted = wantedRestatements(found.map(({ usage }) => usage));
  const billedOf = (key: string): Billed => found.find((one) => one.usage.key === key) as Billed;
  return {
    charges: wanted.flatMap(({ key, charge }) =>
      charge.amount === 0n ? [] : [restatedLine(billedOf(key), charge, { carried: 0n, moves: true })],
    ),
    credits: wanted.flatMap(({ key, charge, credit }) =>
      charge.amount > 0n && credit.amount === 0n
        ? []
        : [{ billed: billedOf(key), credit, isCarriedOnly: charge.amount > 0n }],
    ),
  };
}

/** The lines that give back as much as a bill has room for. */
export function creditLines(credits: readonly LateCredit[], room: Money, book: LineTaxBook): RatedLine[] {
  const given = giveCredits(
    credits.map(({ billed, credit }) => ({ key: billed.usage.key, credit })),
    room,
    (key, net) =>
      book.taxOnAll(
        (credits.find(({ billed }) => billed.usage.key === key) as LateCredit).billed.lineIds,
        net,
      ),
  );
  return credits.flatMap(({ billed, isCarriedOnly }, index): RatedLine[] => {
    const { amount, carried } = given[index] as GivenCredit;
    const change = carried.amount - billed.usage.carried.amount;
    if (isCarriedOnly && change === 0n) return [];
    const parts = book.takeOfAll(billed.lineIds, amount);
    const line = restatedLine(billed, money(-amount.amount, amount.currency), {
      carried: change,
      moves: !isCarriedOnly,
      gives: parts.map((part) => ({ lineId: part.lineId, net: part.net, amount: withTax(part) })),
    });
    return [{ ...line, settled: { taxes: parts.flatMap(({ taxes }) => taxes) } }];
  });
}

function restatedLine(billed: Billed, amount: Money, change: Change): RatedLine {
  const { line, quantity, rated } = billed;
  return {
    displayName: `${line.displayName} (late usage)`,
    amount: moneyToRate(amount),
    quantity: change.moves ? rated.quantity.minus(quantity) : ZERO,
    priceType: 'USAGE',
    period: periodOf(billed),
    subscriptionLineItemId: line.subscriptionLineItemId,
    entityType: line.entityType,
    entityId: line.entityId,
    priceId: line.priceId,
    meterId: line.meterId,
    planDisplayName: line.planDisplayName,
    meterDisplayName: line.meterDisplayName,
    metadata: { restates_invoice_line_item_id: line.id },
    restatement: restatementOf(billed, change),
  };
}

const periodOf = ({ line }: Billed): Period => ({
  start: line.periodStart as Date,
  end: line.periodEnd as Date,
});

interface Change {
  readonly carried: bigint;
  readonly moves: boolean;
  readonly gives?: readonly GivenPart[];
}

/** What is written down of a period that is brought to what it comes to. `moves`: by this, and not only what is carried. */
export function restatementOf({ line, usage, quantity, rated }: Billed, change: Change): Restatement {
  return {
    restatedLineItemId: line.id,
    subscriptionLineItemId: line.subscriptionLineItemId as string,
    priceId: line.priceId as string,
    period: { start: line.periodStart as Date, end: line.periodEnd as Date },
    quantityBefore: change.moves ? quantity : rated.quantity,
    quantity: rated.quantity,
    amountBefore: change.moves ? usage.gross.amount : usage.rated.amount,
    amount: usage.rated.amount,
    carriedAmount: change.carried,
    gives: change.gives ?? [],
  };
}

import { periodsFrom } from '../domain/billing-period.js';
import { parseCurrency, type Currency } from '../domain/currency.js';
import { applyCommitment, commitmentTerm, type CommitmentLine } from '../domain/invoicing/commitment.js';
import {
  applyLineCommitment,
  applyWindowedCommitment,
  committedAmount,
  type LineCommitmentOutcome,
} from '../domain/invoicing/line-commitment.js';
import { exactMoney, formatMoney, moneyToRate, roundToMoney, sumMoney, zeroMoney } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import { formatRate, rate, storableQuantity, ZERO, type Rate } from '../domain/rate.js';
import { bucketCount } from '../domain/usage/bucket-count.js';
import { pricingTermsOf, type MeteredPrice } from '../plans/plans.types.js';
import type { StoredCommitment, StoredLineCommitment } from '../subscriptions/commitments.types.js';
import {
  chargedLife,
  scheduleOf,
  type Subscription,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';
import type { RatedLine } from './rated-line.types.js';
import { momentOf } from './billing-moments.types.js';
import type { BillingTask } from './billing-task.types.js';

/** A line of a bill before any commitment bears on it. */
export interface ExactLine {
  readonly line: RatedLine;
  readonly item: SubscriptionLineItem;
  readonly priced: MeteredPrice;
  readonly bucketAmounts: readonly Rate[] | null;
}

/** A task, what it comes to, and what the earlier periods of its commitments' terms came to, by where these begin. */
export interface CommittedBill {
  readonly task: BillingTask;
  readonly lines: readonly ExactLine[];
  readonly earlier: ReadonlyMap<number, readonly ExactLine[]>;
}

/** Only a period that is over shows whether a commitment was kept. */
const closingOf = ({ moment }: BillingTask): Period | undefined =>
  moment.type === 'period_end' || moment.type === 'cancel' ? moment.closing : undefined;

/** The earlier billing periods that count for the commitments of a task. */
export function earlierTasks(task: BillingTask, items: readonly SubscriptionLineItem[]): BillingTask[] {
  const closing = closingOf(task);
  if (closing === undefined) return [];
  const { subscription } = task;
  const durations = [
    subscription.commitment?.duration ?? null,
    ...items.map(({ commitment }) => commitment?.duration ?? null),
  ].filter((duration) => duration !== null);
  const starts = durations.map((duration) => termOf(subscription, duration, closing).start.getTime());
  const start = Math.min(...starts);
  if (starts.length === 0 || start >= closing.start.getTime()) return [];
  return [...periodsFrom(scheduleOf(subscription), new Date(start), closing.start)].map((period) => ({
    subscription,
    moment: momentOf(subscription, period, 'SUBSCRIPTION_CYCLE'),
    reason: 'SUBSCRIPTION_CYCLE',
  }));
}

const termOf = (
  subscription: Subscription,
  duration: StoredCommitment['duration'],
  closing: Period,
): { start: Date; ends: boolean } =>
  commitmentTerm(duration, scheduleOf(subscription), chargedLife(subscription), closing);

/** The lines of a bill as its commitments make them: those of lines first, then that of the whole subscription. */
export function withCommitments(bill: CommittedBill): RatedLine[] {
  const closing = closingOf(bill.task);
  if (closing === undefined) return bill.lines.map(({ line }) => line);
  const lines = bill.lines.map((exact, index) => {
    const { commitment } = exact.item;
    return commitment === null || exact.line.priceType !== 'USAGE'
      ? exact.line
      : committedLine(bill, exact, commitment, closing, index);
  });
  const { commitment } = bill.task.subscription;
  return commitment === null ? lines : committedLines(bill, lines, commitment, closing);
}

function committedLine(
  bill: CommittedBill,
  { line, item, priced, bucketAmounts }: ExactLine,
  stored: StoredLineCommitment,
  closing: Period,
  index: number,
): RatedLine {
  const terms = pricingTermsOf(priced.price);
  const commitment = {
    amount: committedAmount({ type: stored.type, value: rate(stored.value) }, terms),
    overageFactor: rate(stored.overage_factor),
    trueUp: stored.true_up,
  };
  const size = priced.meter?.aggregation.bucketSize ?? null;
  if (stored.windowed && size !== null && bucketAmounts !== null && line.period !== null) {
    const count = bucketCount(size, line.period);
    return withLineInfo(
      line,
      stored,
      commitment.amount,
      applyWindowedCommitment(commitment, bucketAmounts, count),
    );
  }
  // Of the time before and after a pause each is a line; together they have one commitment.
  const parts = bill.lines.filter((other) => other.item.id === item.id);
  const before = bill.lines.slice(0, index).filter((other) => other.item.id === item.id);
  const term = termOf(bill.task.subscription, stored.duration, closing);
  const earlier = earlierLines(bill, term.start).filter((other) => other.item.id === item.id);
  const outcome = applyLineCommitment(commitment, line.amount, {
    usedBefore: [...earlier, ...before].reduce((sum, other) => sum.plus(other.line.amount), ZERO),
    ends: term.ends && parts.at(-1)?.line === line,
  });
  return withLineInfo(line, stored, commitment.amount, outcome);
}

const earlierLines = (bill: CommittedBill, since: Date): ExactLine[] =>
  [...bill.earlier].flatMap(([start, lines]) => (start >= since.getTime() ? lines : []));

const withLineInfo = (
  line: RatedLine,
  stored: StoredLineCommitment,
  committed: Rate,
  outcome: LineCommitmentOutcome,
): RatedLine => ({
  ...line,
  amount: outcome.amount,
  commitmentInfo: {
    type: stored.type,
    amount: formatRate(committed),
    quantity: stored.type === 'quantity' ? stored.value : null,
    overage_factor: stored.overage_factor,
    true_up_enabled: stored.true_up,
    is_windowed: stored.windowed,
    duration: stored.duration,
    computed_commitment_utilized_amount: formatRate(storableQuantity(outcome.utilized)),
    computed_overage_amount: formatRate(storableQuantity(outcome.overage)),
    computed_true_up_amount: formatRate(storableQuantity(outcome.trueUp)),
  },
});

/** A line with a commitment of its own keeps to that one: its usage is not promised twice. */
const takesPart = ({ line, item }: ExactLine): boolean =>
  line.priceType === 'USAGE' && item.commitment === null;

function committedLines(
  bill: CommittedBill,
  lines: readonly RatedLine[],
  stored: StoredCommitment,
  closing: Period,
): RatedLine[] {
  const currency = currencyOf(bill.task.subscription);
  const term = termOf(bill.task.subscription, stored.duration, closing);
  const amount = exactMoney(rate(stored.amount), currency);
  if (amount === undefined) throw new RangeError(`${stored.amount} is no amount of ${currency}`);
  const outcome = applyCommitment(
    { amount, overageFactor: rate(stored.overage_factor), trueUp: stored.true_up },
    bill.lines.flatMap((exact, index) =>
      takesPart(exact) ? [{ key: String(index), amount: exact.line.amount }] : [],
    ),
    {
      usedBefore: sumMoney(
        earlierLines(bill, term.start)
          .filter(takesPart)
          .map(({ line }) => roundToMoney(line.amount, currency)),
        currency,
      ),
      ends: term.ends,
    },
  );
  const trueUp = outcome.lines.find(({ type }) => type === 'true_up');
  const last = bill.lines.filter(takesPart).at(-1)?.line;
  return [
    ...lines.flatMap((line, index) => {
      const own = outcome.lines.filter(({ key }) => key === String(index));
      return own.length === 0 ? [line] : own.map((part) => partOf(line, part, stored));
    }),
    ...(trueUp === undefined ? [] : [trueUpLine(bill, trueUp, stored, last, closing)]),
  ];
}

function currencyOf({ currency }: Subscription): Currency {
  const known = parseCurrency(currency);
  if (known === undefined) throw new RangeError(`${currency} is no currency`);
  return known;
}

/** What of a line the commitment covers, or what goes beyond; the quantity is split in proportion. */
function partOf(line: RatedLine, part: CommitmentLine, stored: StoredCommitment): RatedLine {
  const over = part.type === 'overage';
  const covered = over ? ZERO : moneyToRate(part.amount);
  const isWhole = line.amount.isZero() || covered.greaterThanOrEqualTo(line.amount);
  const share = (of: Rate): Rate => storableQuantity(line.quantity.times(of).dividedBy(line.amount));
  const beyond = over ? moneyToRate(part.amount).dividedBy(rate(stored.overage_factor)) : ZERO;
  return {
    ...line,
    displayName: over ? `${line.displayName} (Overage)` : line.displayName,
    amount: moneyToRate(part.amount),
    quantity: over ? share(beyond) : isWhole ? line.quantity : share(covered),
    ...(over ? { adjustedEntitlementQuantity: null } : {}),
    commitmentInfo: info(stored, part),
  };
}

/**
 * What is missing of the commitment. It stands beside the last usage line, as usage of its period: what of it comes in late
 * then lowers the one as it raises the other.
 */
function trueUpLine(
  bill: CommittedBill,
  part: CommitmentLine,
  stored: StoredCommitment,
  last: RatedLine | undefined,
  closing: Period,
): RatedLine {
  const plan = bill.lines.find(({ line }) => line.planDisplayName)?.line.planDisplayName ?? null;
  return {
    displayName: `${plan ?? 'Subscription'} True Up`,
    amount: moneyToRate(part.amount),
    quantity: rate(1),
    priceType: 'USAGE',
    period: last?.period ?? closing,
    subscriptionLineItemId: last?.subscriptionLineItemId ?? null,
    entityType: last?.entityType ?? 'subscription',
    entityId: last?.entityId ?? bill.task.subscription.id,
    priceId: last?.priceId ?? null,
    meterId: null,
    planDisplayName: plan,
    meterDisplayName: null,
    commitmentInfo: info(stored, part),
  };
}

function info(stored: StoredCommitment, { type, amount }: CommitmentLine): Record<string, unknown> {
  const of = (wanted: CommitmentLine['type']): string =>
    formatMoney(type === wanted ? amount : zeroMoney(amount.currency));
  return {
    type: 'amount',
    amount: stored.amount,
    quantity: null,
    overage_factor: stored.overage_factor,
    true_up_enabled: stored.true_up,
    is_windowed: false,
    duration: stored.duration,
    computed_commitment_utilized_amount: of('usage'),
    computed_overage_amount: of('overage'),
    computed_true_up_amount: of('true_up'),
  };
}

import { parseCurrency, type Currency } from '../domain/currency.js';
import { applyFraction, elapsedFraction } from '../domain/fraction.js';
import { applyCommitment } from '../domain/invoicing/commitment.js';
import {
  applyLineCommitment,
  applyWindowedCommitment,
  committedAmount,
  type LineCommitment,
  type LineCommitmentOutcome,
} from '../domain/invoicing/line-commitment.js';
import { moneyToRate, roundToMoney, roundTogether, sumMoney, type Money } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import { formatRate, Rate, rate, storableQuantity, ZERO } from '../domain/rate.js';
import type { DueCharge } from '../domain/subscribing/charges-due.js';
import { pricingTermsOf, type Price } from '../plans/plans.types.js';
import type { StoredCommitment, StoredLineCommitment } from '../subscriptions/commitments.types.js';
import {
  prorationBehaviorAt,
  type Subscription,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';
import type { BillingTask } from './billing-task.types.js';
import { partOf, trueUpLine, type PartOfLine } from './commitment-lines.js';
import { contractTerm, earlierInTerm, type ContractTerm } from './contract-terms.js';
import type { Contract } from '../subscriptions/contract.types.js';
import type { PricedLine } from './priced-line.types.js';
import type { RatedLine } from './rated-line.types.js';
import type { RatedBuckets } from './usage-rating.service.js';
import type { RelatedCharges } from './usage-runs.js';

/** A line of a bill before any commitment bears on it. */
export interface ExactLine {
  readonly line: RatedLine;
  readonly charge: DueCharge<PricedLine>;
  /** The first of the lines in whose place this one has come: they are charged by one commitment. */
  readonly root: string;
  readonly buckets: RatedBuckets | null;
  /** Exact: what earlier legs of the run come to, on bills of their own. */
  readonly before: Rate;
  /** Of the line: what a change of plan has cut off. */
  readonly related: RelatedCharges | undefined;
}

/** A task, what it comes to, and what the earlier periods of its commitments' terms came to, by where these begin. */
export interface CommittedBill {
  readonly task: BillingTask;
  readonly contract: Contract;
  readonly lines: readonly ExactLine[];
  readonly earlier: ReadonlyMap<number, readonly ExactLine[]>;
}

/** Only a period that is over shows whether a commitment was kept. */
const closingOf = ({ moment }: BillingTask): Period | undefined =>
  moment.type === 'period_end' || moment.type === 'cancel' ? moment.closing : undefined;

/** The earlier bills that count for the commitments of a task. */
export function earlierTasks(
  task: BillingTask,
  contract: Contract,
  items: readonly SubscriptionLineItem[],
): BillingTask[] {
  const closing = closingOf(task);
  if (closing === undefined) return [];
  const commitments = [task.subscription.commitment, ...items.map(({ commitment }) => commitment)];
  const durations = commitments.flatMap((commitment) => (commitment === null ? [] : [commitment.duration]));
  return earlierInTerm(contract, durations, closing);
}

/** The lines of a bill as its commitments make them: those of lines first, then that of the whole subscription. */
export function withCommitments(bill: CommittedBill): RatedLine[] {
  const closing = closingOf(bill.task);
  if (closing === undefined) return bill.lines.map(({ line }) => line);
  const { currency } = bill.task.subscription;
  const lines = feesTogether(bill.lines, currency);
  for (const root of new Set(bill.lines.filter(isUsage).map((one) => one.root))) {
    const places = bill.lines.flatMap((one, index) => (one.root === root && isUsage(one) ? [index] : []));
    const run = places.map((index) => bill.lines[index] as ExactLine);
    const { before, lines: charged } =
      commitmentOf(run) === null ? uncommittedRun(run) : committedRun(bill, run, closing);
    // What a change has cut into several lines costs what it would have cost as one, to the minor unit.
    const amounts =
      charged.length === 1 && before.isZero()
        ? undefined
        : roundTogether([before, ...charged.map(({ amount }) => amount)], currency).slice(1);
    for (const [n, index] of places.entries()) {
      const line = charged[n] as RatedLine;
      const amount = amounts?.[n];
      lines[index] = amount === undefined ? line : { ...line, amount: moneyToRate(amount) };
    }
  }
  const { commitment } = bill.task.subscription;
  return commitment === null ? lines : committedLines(bill, lines, commitment, closing);
}

/** The parts of a fee that something has cut, a pause or another quantity, cost what it costs uncut, to the minor unit. */
function feesTogether(exact: readonly ExactLine[], currency: string): RatedLine[] {
  const runs = new Map<string, number[]>();
  for (const [index, one] of exact.entries()) {
    if (isUsage(one)) continue;
    const key = JSON.stringify([one.root, one.charge.servicePeriod.start.getTime()]);
    runs.set(key, [...(runs.get(key) ?? []), index]);
  }
  const lines = exact.map(({ line }) => line);
  for (const run of runs.values()) {
    const amounts = run.map((index) => (lines[index] as RatedLine).amount);
    if (run.length > 1)
      for (const [n, amount] of roundTogether(amounts, currency).entries()) {
        const index = run[n] as number;
        lines[index] = { ...(lines[index] as RatedLine), amount: moneyToRate(amount) };
      }
  }
  return lines;
}

const isUsage = ({ line }: ExactLine): boolean => line.priceType === 'USAGE';

/** What the latest of the lines says; the amount is that of all of them. */
const commitmentOf = (run: readonly ExactLine[]): StoredLineCommitment | null =>
  run.findLast(({ charge }) => charge.line.item.commitment !== null)?.charge.line.item.commitment ?? null;

/** The lines of a run, and what its earlier legs charge on bills of their own. */
interface ChargedRun {
  readonly lines: readonly RatedLine[];
  /** Exact, commitment included. */
  readonly before: Rate;
}

const uncommittedRun = (run: readonly ExactLine[]): ChargedRun => ({
  lines: run.map(({ line }) => line),
  before: (run[0] as ExactLine).before,
});

/** One line, and those that replaced it in the period, have one commitment: a change of a price makes no second one. */
function committedRun(bill: CommittedBill, run: readonly ExactLine[], closing: Period): ChargedRun {
  const stored = commitmentOf(run) as StoredLineCommitment;
  const [first] = run as [ExactLine];
  const goesOn = (first.related?.goesOn ?? null) !== null;
  // A line that no other goes on with ends its term, whatever becomes of the subscription.
  const contract = goesOn ? bill.contract : { ...bill.contract, last: ended(bill.contract.last) };
  const term = contractTerm(contract, stored.duration, closing);
  const commitment = {
    amount: runCommitment(bill, run, stored, term, closing),
    overageFactor: rate(stored.overage_factor),
    trueUp: stored.true_up,
  };
  if (stored.windowed && first.buckets !== null)
    return { lines: windowedRun(run, stored, commitment, first.buckets), before: first.before };
  let used =
    stored.duration === null
      ? first.before
      : earlierLines(bill, term.start)
          .filter(({ root }) => root === first.root)
          .reduce((sum, { line }) => sum.plus(line.amount), ZERO);
  const { amount: before } = applyLineCommitment(commitment, first.before, {
    usedBefore: Rate.max(used.minus(first.before), ZERO),
    ends: false,
  });
  const lines = run.map(({ line }, index) => {
    const outcome = applyLineCommitment(commitment, line.amount, {
      usedBefore: used,
      ends: term.ends && !(stored.duration === null && goesOn) && index === run.length - 1,
    });
    used = used.plus(line.amount);
    return withLineInfo(line, stored, commitment.amount, outcome);
  });
  return { lines, before };
}

const ended = (subscription: Subscription): Subscription => ({ ...subscription, continuedById: null });

/** What is promised for the period: each line's promise for the time that it is there, like a fixed fee. */
function runCommitment(
  { task: { subscription } }: CommittedBill,
  run: readonly ExactLine[],
  stored: StoredLineCommitment,
  { shares }: ContractTerm,
  closing: Period,
): Rate {
  const worth = (price: Price, of: StoredLineCommitment): Rate =>
    committedAmount({ type: of.type, value: rate(of.value) }, pricingTermsOf(price));
  const last = run.at(-1) as ExactLine;
  const latest = worth(last.charge.line.priced.price, stored);
  // For every bucket there is one; for a term of several periods it is that of the term.
  if (stored.windowed) return latest;
  if (stored.duration !== null)
    return shares.reduce((sum, share) => sum.plus(applyFraction(latest, share)), ZERO);
  const { related } = run[0] as ExactLine;
  const { fullPeriod } = last.charge;
  const goesOnFrom = related?.before.at(-1)?.fullPeriod.end.getTime() === fullPeriod.end.getTime();
  const byTime =
    prorationBehaviorAt(subscription, closing) === 'create_prorations' ||
    (related?.goesOn ?? null) !== null ||
    goesOnFrom;
  const own = run.flatMap(({ charge }) => ({
    price: charge.line.priced.price,
    commitment: charge.line.item.commitment,
    share: elapsedFraction(charge.present, byTime ? charge.fullPeriod : charge.servicePeriod),
  }));
  const before = (related?.before ?? []).map(({ line, priced, present, fullPeriod: full }) => ({
    price: priced.price,
    commitment: line.commitment,
    share: elapsedFraction(present, full),
  }));
  const parts = [...before, ...own].reduce(
    (sum, { price, commitment, share }) =>
      commitment === null ? sum : sum.plus(applyFraction(worth(price, commitment), share)),
    ZERO,
  );
  // The subscription that goes on keeps to it in the rest of this period, or in one of its own.
  switch (related?.goesOn ?? null) {
    case 'same_end': {
      const rest = { start: closing.end, end: fullPeriod.end };
      return parts.plus(applyFraction(latest, elapsedFraction(rest, fullPeriod)));
    }
    case 'own_period':
      return parts.plus(latest);
    case null:
      return parts;
  }
}

/** Each bucket has a commitment of its own, whichever of the lines charges in it. What it adds stands on the last line. */
function windowedRun(
  run: readonly ExactLine[],
  stored: StoredLineCommitment,
  commitment: LineCommitment,
  buckets: RatedBuckets,
): RatedLine[] {
  const outcome = applyWindowedCommitment(commitment, buckets.used, buckets.idle);
  const usage = run.reduce((sum, { line }) => sum.plus(line.amount), ZERO);
  return run.map(({ line }, index) =>
    index < run.length - 1
      ? line
      : withLineInfo(line, stored, commitment.amount, {
          ...outcome,
          amount: line.amount.plus(outcome.amount).minus(usage),
        }),
  );
}

const earlierBills = (bill: CommittedBill, since: Date): (readonly ExactLine[])[] =>
  [...bill.earlier].flatMap(([start, lines]) => (start >= since.getTime() ? [lines] : []));

const earlierLines = (bill: CommittedBill, since: Date): ExactLine[] => earlierBills(bill, since).flat();

const withLineInfo = (
  line: RatedLine,
  stored: StoredLineCommitment,
  committed: Rate,
  outcome: LineCommitmentOutcome,
): RatedLine => ({
  ...line,
  amount: outcome.amount,
  ...(line.origin?.kind === 'charge' && {
    origin: { ...line.origin, ownCommitment: { committed, outcome } },
  }),
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
const takesPart = (bill: readonly ExactLine[], { line, root }: ExactLine): boolean =>
  line.priceType === 'USAGE' && commitmentOf(bill.filter((one) => one.root === root)) === null;

function committedLines(
  bill: CommittedBill,
  lines: readonly RatedLine[],
  stored: StoredCommitment,
  closing: Period,
): RatedLine[] {
  const currency = currencyOf(bill.task.subscription);
  const term = contractTerm(bill.contract, stored.duration, closing);
  const amount = roundToMoney(
    term.shares.reduce((sum, share) => sum.plus(applyFraction(rate(stored.amount), share)), ZERO),
    currency,
  );
  const usedBefore = sumMoney(
    earlierBills(bill, term.start).map((one) => usedOn(one, currency)),
    currency,
  );
  const outcome = applyCommitment(
    { amount, overageFactor: rate(stored.overage_factor), trueUp: stored.true_up },
    bill.lines.flatMap((exact, index) =>
      takesPart(bill.lines, exact)
        ? [{ key: String(index), amount: exact.line.amount, run: exact.root, before: exact.before }]
        : [],
    ),
    { usedBefore, ends: term.ends },
  );
  const trueUp = outcome.lines.find(({ type }) => type === 'true_up');
  const last = bill.lines.filter((one) => takesPart(bill.lines, one)).at(-1)?.line;
  const plan = bill.lines.find(({ line }) => line.planDisplayName)?.line.planDisplayName ?? null;
  return [
    ...lines.flatMap((line, index) => {
      const own = outcome.lines.filter((part): part is PartOfLine => part.key === String(index));
      return own.length === 0 ? [line] : own.map((part) => partOf(line, part, stored));
    }),
    ...(trueUp === undefined
      ? []
      : [
          {
            ...trueUpLine({ subscriptionId: bill.task.subscription.id, plan }, trueUp, stored, last, closing),
            origin: {
              kind: 'true_up' as const,
              committed: amount,
              usedBefore,
              outcome,
              term: { start: term.start, end: closing.end },
            },
          },
        ]),
  ];
}

/** What the usage of a bill that a commitment is for comes to, before any factor. */
function usedOn(bill: readonly ExactLine[], currency: Currency): Money {
  const own = bill.filter((one) => takesPart(bill, one));
  return sumMoney(
    [...new Set(own.map(({ root }) => root))].flatMap((root) => {
      const run = own.filter((one) => one.root === root);
      const [{ before }] = run as [ExactLine];
      return roundTogether([before, ...run.map(({ line }) => line.amount)], currency).slice(1);
    }),
    currency,
  );
}

function currencyOf({ currency }: Subscription): Currency {
  const known = parseCurrency(currency);
  if (known === undefined) throw new RangeError(`${currency} is no currency`);
  return known;
}

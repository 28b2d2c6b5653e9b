import { fullPeriodAt, type BillingPeriodUnit, type BillingSchedule } from '../billing-period.js';
import {
  addMoney,
  floorAtZero,
  isZeroMoney,
  compareMoney,
  moneyToRate,
  roundToMoney,
  subtractMoney,
  zeroMoney,
  type Money,
} from '../money.js';
import { elapsedFraction, WHOLE, type Fraction } from '../fraction.js';
import { laterOf, type OpenPeriod, type Period } from '../period.js';
import { ZERO, type Rate } from '../rate.js';

/** A promise to use at least so much. Source: wire contract, commitment. */
export interface Commitment {
  /** Zero is no commitment. */
  readonly amount: Money;
  /** What goes beyond is charged times this; from 1 up. */
  readonly overageFactor: Rate;
  /** What is missing at the end is charged. */
  readonly trueUp: boolean;
}

/** Where an invoice stands within the time that a commitment is for. */
export interface CommitmentTerm {
  /** Usage on earlier invoices of the term, before any factor. */
  readonly usedBefore: Money;
  /** It is the last invoice of the term. */
  readonly ends: boolean;
}

/** An amount of usage as it was rated: exact, in major units. */
export interface CommittedUsage {
  readonly key: string;
  readonly amount: Rate;
  /** Amounts of one run, one behind the other, are parts of what something has cut: they cost what the whole costs. */
  readonly run?: string | undefined;
  /** Exact: what of the run is on bills of its own. */
  readonly before?: Rate | undefined;
}

export type CommitmentLine =
  /** What of a usage line the commitment covers; zero when it is used up. */
  | { readonly type: 'usage'; readonly key: string; readonly amount: Money }
  /** The rest of it times the factor. */
  | { readonly type: 'overage'; readonly key: string; readonly amount: Money }
  | { readonly type: 'true_up'; readonly key: null; readonly amount: Money };

export interface CommitmentOutcome {
  /** In the order of the usage, each followed by its overage; the true-up last. */
  readonly lines: readonly CommitmentLine[];
  /** What this invoice takes of the commitment. */
  readonly utilized: Money;
  /** Times the factor. */
  readonly overage: Money;
  readonly trueUp: Money;
  /** All usage of the term so far, before any factor: `usedBefore` of the next invoice. */
  readonly usedSoFar: Money;
}

/**
 * A commitment of the whole subscription. Usage takes from it line by line; of the line that crosses it the part beyond, and
 * of every later line all of it, is charged times the factor. Every line is rounded once, the parts of one that something has
 * cut together, and with a factor of 1 they add up
 * to what the usage costs without a commitment: it then only holds as a minimum. RangeError for negative usage, a factor
 * below 1 or a foreign currency.
 */
export function applyCommitment(
  commitment: Commitment,
  usage: readonly CommittedUsage[],
  term: CommitmentTerm = { usedBefore: zeroMoney(commitment.amount.currency), ends: true },
): CommitmentOutcome {
  const { currency } = commitment.amount;
  assertFactor(commitment.overageFactor);
  const zero = zeroMoney(currency);
  const lines: CommitmentLine[] = [];
  const active = commitment.amount.amount > 0n;
  let left = floorAtZero(subtractMoney(commitment.amount, term.usedBefore));
  const outcome = { utilized: zero, overage: zero, trueUp: zero, usedSoFar: term.usedBefore };
  let run = newRun(zero);
  for (const [index, { key, amount: exact, run: name, before = ZERO }] of usage.entries()) {
    if (exact.lessThan(0)) throw new RangeError(`usage ${key} must not be negative`);
    if (name === undefined || usage[index - 1]?.run !== name) run = newRun(zero, before);
    run.exact = run.exact.plus(exact);
    const whole = subtractMoney(roundToMoney(run.before.plus(run.exact), currency), run.rounded);
    run.rounded = addMoney(run.rounded, whole);
    const crosses = active && compareMoney(whole, left) > 0;
    const covered = crosses ? left : whole;
    run.covered = addMoney(run.covered, covered);
    lines.push({ type: 'usage', key, amount: covered });
    if (crosses) {
      const beyond = run.before.plus(run.exact).minus(moneyToRate(addMoney(run.begun, run.covered)));
      const amount = subtractMoney(
        roundToMoney(beyond.times(commitment.overageFactor), currency),
        run.overage,
      );
      lines.push({ type: 'overage', key, amount });
      run.overage = addMoney(run.overage, amount);
      outcome.overage = addMoney(outcome.overage, amount);
    }
    left = subtractMoney(left, active ? covered : zero);
    outcome.utilized = addMoney(outcome.utilized, active ? covered : zero);
    outcome.usedSoFar = addMoney(outcome.usedSoFar, whole);
  }
  if (active && commitment.trueUp && term.ends && !isZeroMoney(left)) {
    lines.push({ type: 'true_up', key: null, amount: left });
    outcome.trueUp = left;
  }
  return { lines, ...outcome };
}

/** Where the amounts of a run stand: each costs the difference that it makes. */
const newRun = (zero: Money, before: Rate = ZERO) => {
  const begun = before.isZero() ? zero : roundToMoney(before, zero.currency);
  return { before, begun, exact: ZERO, rounded: begun, covered: zero, overage: zero };
};

const assertFactor = (factor: Rate): void => {
  if (!(factor.isFinite() && factor.greaterThanOrEqualTo(1)))
    throw new RangeError(`an overage factor must be 1 or more: ${factor.toString()}`);
};

export interface TermOfPeriod {
  /** From where usage counts towards the commitment. */
  readonly start: Date;
  /** The billing period is the last one of the term, which the end of the subscription ends too. */
  readonly ends: boolean;
  /** What of the commitment falls due for a term that is shorter than its own. */
  readonly share: Fraction;
}

/**
 * The term of a commitment that a billing period belongs to. Terms are counted from the first full billing period; a stub
 * before it belongs to the first term, so that a year's commitment is never due for a few weeks. Null is the billing
 * period itself. With `prorates` a term that the subscription's begin or end makes shorter takes its share of the amount by
 * time, like a fixed fee. RangeError for a ONETIME duration.
 *
 * @param subscription the schedule of the whole subscription
 */
export function commitmentTerm(
  duration: BillingPeriodUnit | null,
  subscription: BillingSchedule,
  life: OpenPeriod,
  period: Period,
  prorates: boolean,
): TermOfPeriod {
  const lastPeriod = life.end !== null && life.end.getTime() <= period.end.getTime();
  const shareOf = (whole: Period): Fraction =>
    prorates ? elapsedFraction({ start: laterOf(whole.start, period.start), end: period.end }, whole) : WHOLE;
  if (duration === null)
    return { start: period.start, ends: true, share: shareOf(fullPeriodAt(subscription, period.start)) };
  const first = fullPeriodAt(subscription, life.start);
  const anchor = first.start.getTime() === life.start.getTime() ? first.start : first.end;
  const terms: BillingSchedule = { ...subscription, anchor, interval: { unit: duration, count: 1 } };
  const term = fullPeriodAt(terms, laterOf(anchor, period.start));
  const start = term.start.getTime() === anchor.getTime() ? life.start : term.start;
  const ends = lastPeriod || term.end.getTime() <= period.end.getTime();
  const cut = lastPeriod && period.end.getTime() < term.end.getTime();
  return {
    start,
    ends,
    share: prorates && cut ? elapsedFraction({ start: term.start, end: period.end }, term) : WHOLE,
  };
}

/** The wire's fields that do not make a commitment: field → one sentence, empty when they do. */
export function commitmentErrors(
  commitment: { readonly amount: Rate; readonly overageFactor: Rate },
  fields: { readonly amount: string; readonly overageFactor: string },
): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!commitment.amount.isFinite() || commitment.amount.lessThan(0))
    errors[fields.amount] = `${fields.amount} must not be negative`;
  if (!commitment.overageFactor.isFinite() || commitment.overageFactor.lessThan(1))
    errors[fields.overageFactor] = `${fields.overageFactor} must be 1 or more`;
  return errors;
}

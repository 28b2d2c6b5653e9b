import { fullPeriodAt, periodsFrom } from '../domain/billing-period.js';
import { elapsedFraction, type Fraction, WHOLE } from '../domain/fraction.js';
import { commitmentTerm } from '../domain/invoicing/commitment.js';
import { laterOf, type Period } from '../domain/period.js';
import type { StoredCommitment } from '../subscriptions/commitments.types.js';
import { cutBefore, cutPeriod, type Contract } from '../subscriptions/contract.types.js';
import {
  chargedLife,
  prorationBehaviorAt,
  scheduleOf,
  type Subscription,
} from '../subscriptions/subscriptions.types.js';
import { momentOf } from './billing-moments.types.js';
import type { BillingTask } from './billing-task.types.js';

/** The bill that closed such a period. */
export const cutTask = (subscription: Subscription, closing: Period): BillingTask => ({
  subscription,
  moment: { type: 'cancel', closing },
  reason: 'PRORATION',
});

/** Whether a period is the first of its subscription. */
const isFirst = (subscription: Subscription, period: Period): boolean =>
  period.start.getTime() <= chargedLife(subscription).start.getTime();

/** Where a bill stands within the term of a commitment. */
export interface ContractTerm {
  readonly start: Date;
  readonly ends: boolean;
  /** What of the commitment's amount the term is worth, together. */
  readonly shares: readonly Fraction[];
}

/**
 * The term of a commitment that a closing of the contract's last subscription belongs to. A commitment is the customer's: a
 * change of plan ends no term and begins none. A period that it has cut makes one term with the one that follows: what is
 * due for both is shared out by time.
 */
export function contractTerm(
  contract: Contract,
  duration: StoredCommitment['duration'],
  closing: Period,
): ContractTerm {
  const { last, earlier } = contract;
  const root = earlier[0] ?? last;
  const goesOn = last.continuedById !== null;
  const life = chargedLife(last);
  if (duration !== null) {
    const whole = { start: chargedLife(root).start, end: goesOn ? null : life.end };
    const prorates = prorationBehaviorAt(last, closing) === 'create_prorations';
    const term = commitmentTerm(duration, scheduleOf(root), whole, closing, prorates);
    return { start: term.start, ends: term.ends, shares: [term.share] };
  }
  const before = isFirst(last, closing) ? cutBefore(contract) : [];
  const parts = before.flatMap((one) => cutPeriod(one) ?? []);
  return {
    start: parts[0]?.closing.start ?? closing.start,
    ends: cutPeriod(last) === undefined || !isLast(last, closing),
    shares: [
      ...parts.map((part) => elapsedFraction(part.closing, part.full)),
      ...ownShares(contract, closing, parts.at(-1)?.full),
    ],
  };
}

const isLast = ({ endDate }: Subscription, closing: Period): boolean =>
  endDate !== null && endDate <= closing.end;

/** What the closing itself is worth, and of a cut period what the one that follows will be. */
function ownShares(
  { last, later: [next] }: Contract,
  closing: Period,
  before: Period | undefined,
): Fraction[] {
  const full = fullPeriodAt(scheduleOf(last), closing.start);
  const cut = isLast(last, closing) ? cutPeriod(last) : undefined;
  if (cut !== undefined) {
    const rest = { start: closing.end, end: full.end };
    return [elapsedFraction(closing, full), goesOnTo(next, full) ? elapsedFraction(rest, full) : WHOLE];
  }
  // A period that goes on to the end that it always had is shared out by time, whatever else is.
  if (before?.end.getTime() === full.end.getTime()) return [elapsedFraction(closing, full)];
  return prorationBehaviorAt(last, closing) === 'create_prorations'
    ? [elapsedFraction(closing, full)]
    : [WHOLE];
}

/** Whether the subscription that goes on has its first period until the same end. */
const goesOnTo = (next: Subscription | undefined, full: Period): boolean =>
  next !== undefined &&
  fullPeriodAt(scheduleOf(next), chargedLife(next).start).end.getTime() === full.end.getTime();

/** The earlier bills that count for commitments of such durations. */
export function earlierInTerm(
  contract: Contract,
  durations: readonly StoredCommitment['duration'][],
  closing: Period,
): BillingTask[] {
  const starts = durations.map((duration) => contractTerm(contract, duration, closing).start.getTime());
  const start = Math.min(...starts);
  if (starts.length === 0 || start >= closing.start.getTime()) return [];
  return [...contract.earlier, contract.last].flatMap((subscription) => {
    const life = chargedLife(subscription);
    const isLastOne = subscription === contract.last;
    const end = isLastOne ? closing.start : (life.end ?? closing.start);
    const from = laterOf(life.start, new Date(start));
    if (from >= end) return [];
    const cut = isLastOne ? undefined : cutPeriod(subscription);
    const schedule = scheduleOf(subscription);
    const first = laterOf(fullPeriodAt(schedule, from).start, life.start);
    return [...periodsFrom(schedule, first, end)]
      .filter((period) => period.start.getTime() >= start)
      .map((period): BillingTask =>
        cut !== undefined && period.start.getTime() === cut.closing.start.getTime()
          ? // What it comes to now that more of its period has been used: that is brought onto a later bill.
            { ...cutTask(subscription, cut.closing), runsUntil: closing.end }
          : {
              subscription,
              moment: momentOf(subscription, period, 'SUBSCRIPTION_CYCLE'),
              reason: 'SUBSCRIPTION_CYCLE',
            },
      );
  });
}

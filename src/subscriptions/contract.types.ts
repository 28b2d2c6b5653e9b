import { fullPeriodAt } from '../domain/billing-period.js';
import { earlierOf, laterOf, type Period } from '../domain/period.js';
import { chargedLife, scheduleOf, type Subscription } from './subscriptions.types.js';

/** A subscription, those whose places it has taken by changes of plan, and those that have taken its own. */
export interface Contract {
  readonly last: Subscription;
  /** The first one first. */
  readonly earlier: readonly Subscription[];
  readonly later: readonly Subscription[];
}

export function contractOf(chain: readonly Subscription[], subscription: Subscription): Contract {
  const place = chain.findIndex(({ id }) => id === subscription.id);
  return place < 0
    ? { last: subscription, earlier: [], later: [] }
    : {
        last: subscription,
        earlier: chain.slice(0, place).filter(isCharged),
        later: chain.slice(place + 1).filter(isCharged),
      };
}

/** Whether there was any time to charge for: a plan that was changed again at once has had none. */
function isCharged(subscription: Subscription): boolean {
  const { start, end } = chargedLife(subscription);
  return end === null || end > start;
}

/** The period that a change of plan has cut, and as long as it would have been; undefined where it came with the period's end. */
export function cutPeriod(
  subscription: Subscription,
): { readonly closing: Period; readonly full: Period } | undefined {
  const { continuedById, endDate } = subscription;
  const { start } = chargedLife(subscription);
  if (continuedById === null || endDate === null || endDate <= start) return undefined;
  const full = fullPeriodAt(scheduleOf(subscription), new Date(endDate.getTime() - 1));
  return full.end > endDate
    ? { closing: { start: laterOf(full.start, start), end: endDate }, full }
    : undefined;
}

/** Subscriptions whose cut periods the first period of the last one goes on with, nearest last. */
export function cutBefore({ earlier }: Contract): Subscription[] {
  const cut: Subscription[] = [];
  for (const before of earlier.toReversed()) {
    const period = cutPeriod(before);
    if (period === undefined) break;
    cut.unshift(before);
    // Further back only where that period was a first one itself.
    if (period.closing.start.getTime() !== chargedLife(before).start.getTime()) break;
  }
  return cut;
}

/** The first periods of the subscriptions that go on with a cut period, nearest first: each until it was cut itself, or over. */
export function cutAfter({
  later,
}: Contract): { readonly subscription: Subscription; readonly closing: Period }[] {
  const found: { readonly subscription: Subscription; readonly closing: Period }[] = [];
  for (const subscription of later) {
    const { start, end } = chargedLife(subscription);
    const full = fullPeriodAt(scheduleOf(subscription), start);
    found.push({ subscription, closing: { start, end: end === null ? full.end : earlierOf(full.end, end) } });
    if (cutPeriod(subscription)?.closing.start.getTime() !== start.getTime()) break;
  }
  return found;
}

import { invalidOperation } from '../domain/errors.js';
import type { SubscriptionLineItem } from '../subscriptions/subscriptions.types.js';

/** Lines whose place no other has taken. */
export function leavesOf(lines: readonly SubscriptionLineItem[]): SubscriptionLineItem[] {
  const replaced = new Set(lines.map(({ replacesId }) => replacesId));
  return lines.filter(({ id }) => !replaced.has(id));
}

/** A line, those whose place it took, and those that took theirs: they share one account, so that nothing is given back twice. */
export function familyOf(
  line: SubscriptionLineItem,
  lines: readonly SubscriptionLineItem[],
): ReadonlySet<string> {
  const byId = new Map(lines.map((one) => [one.id, one]));
  const rootOf = (one: SubscriptionLineItem): string => {
    const before = one.replacesId === null ? undefined : byId.get(one.replacesId);
    return before === undefined ? one.id : rootOf(before);
  };
  const root = rootOf(line);
  return new Set(lines.filter((one) => rootOf(one) === root).map(({ id }) => id));
}

/** A line that another one replaces at its end gives its account on to that one. */
export function assertNotReplaced(id: string, lines: readonly SubscriptionLineItem[]): void {
  const successor = lines.find(({ replacesId }) => replacesId === id);
  if (successor !== undefined)
    throw invalidOperation(
      `line ${successor.id} takes the place of this one at ${successor.startDate.toISOString()}: change that one`,
      'line_item_already_replaced',
      { line_item_id: successor.id },
    );
}

import { earlierOf, laterOf, type OpenPeriod } from '../period.js';

/**
 * When a subscription line can be charged: from the later of its own and its subscription's start, until the earlier of
 * their ends; open-ended (`end: null`) when neither ends. Undefined when nothing is left in between.
 * The life of the price is not in it: a line keeps the price that it took until the line itself changes, so that editing
 * or ending a price in the catalogue changes no contract.
 */
export function lineWindow(input: {
  readonly subscriptionStart: Date;
  readonly subscriptionEnd?: Date | null;
  readonly lineStart: Date;
  readonly lineEnd?: Date | null;
}): OpenPeriod | undefined {
  const start = laterOf(input.subscriptionStart, input.lineStart);
  const end = [input.subscriptionEnd, input.lineEnd].reduce<Date | null>(
    (earliest, date) => (date ? (earliest === null ? date : earlierOf(earliest, date)) : earliest),
    null,
  );
  return end !== null && end.getTime() <= start.getTime() ? undefined : { start, end };
}

import { elapsedFraction, type Fraction } from '../fraction.js';
import { clip, earlierOf, laterOf, type OpenPeriod, type Period } from '../period.js';

/**
 * When a subscription line can be charged: from the latest of its own, its subscription's and its price's start, until the
 * earliest of their ends; open-ended (`end: null`) when none ends. Undefined when nothing is left in between.
 * A line never starts before its price, which bites whoever back-dates a subscription. Source: wire contract, lines.
 */
export function lineWindow(input: {
  readonly subscriptionStart: Date;
  readonly subscriptionEnd?: Date | null;
  readonly lineStart: Date;
  readonly lineEnd?: Date | null;
  readonly priceStart?: Date | null;
  readonly priceEnd?: Date | null;
}): OpenPeriod | undefined {
  const start = [input.lineStart, input.priceStart].reduce<Date>(
    (latest, date) => (date ? laterOf(latest, date) : latest),
    input.subscriptionStart,
  );
  const end = [input.subscriptionEnd, input.lineEnd, input.priceEnd].reduce<Date | null>(
    (earliest, date) => (date ? (earliest === null ? date : earlierOf(earliest, date)) : earliest),
    null,
  );
  return end !== null && end.getTime() <= start.getTime() ? undefined : { start, end };
}

/** The part of a period during which a line is present, and its exact share of the period. Undefined when it is absent throughout. */
export function effectivePart(
  window: OpenPeriod,
  period: Period,
): { readonly period: Period; readonly fraction: Fraction } | undefined {
  const part = clip(period, window);
  return part === undefined ? undefined : { period: part, fraction: elapsedFraction(part, period) };
}

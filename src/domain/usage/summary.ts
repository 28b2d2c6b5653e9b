import { ExactNumber } from '../exact-number.js';
import { formatRate, parseQuantity, Rate, ZERO } from '../rate.js';
import type { AggregationSpec, UsageEvent } from './aggregation.js';
import { propertyOf } from './property.js';

/** The measured value of one event, with what decides which one is the latest. */
export interface LatestValue {
  readonly occurredAt: Date;
  readonly id: string;
  readonly value: Rate;
}

/**
 * What has to be known of some events to aggregate them. Summaries of parts of a window add up to the one of the
 * whole, so that hours can be summed up once and read many times; only `distinct` cannot be added.
 */
export interface UsageSummary {
  readonly events: number;
  /** Events whose property is a decimal. */
  readonly measured: number;
  readonly total: Rate;
  /** Σ value × milliseconds since 1970. */
  readonly moment: Rate;
  readonly peak: Rate | null;
  /** Of the latest instant; of several there, the one with the greatest id by its bytes. */
  readonly latest: LatestValue | null;
  /** How many values the property has, compared as text. Null when parts were added up. */
  readonly distinct: number | null;
}

export const NO_USAGE: UsageSummary = {
  events: 0,
  measured: 0,
  total: ZERO,
  moment: ZERO,
  peak: null,
  latest: null,
  distinct: 0,
};

/** Of events that are all different: copies are sorted out before. */
export function summarize(events: readonly UsageEvent[], { field }: AggregationSpec): UsageSummary {
  const values = new Set<string>();
  let summary = NO_USAGE;
  for (const event of events) {
    const property = field === undefined ? undefined : propertyOf(event.properties, field);
    if (property !== undefined) values.add(textOf(property));
    const value = parseQuantity(property);
    summary = addSummaries(summary, {
      ...NO_USAGE,
      events: 1,
      ...(value === undefined
        ? {}
        : {
            measured: 1,
            total: value,
            moment: value.times(event.occurredAt.getTime()),
            peak: value,
            latest: { occurredAt: event.occurredAt, id: event.id, value },
          }),
    });
  }
  return { ...summary, distinct: values.size };
}

export function addSummaries(a: UsageSummary, b: UsageSummary): UsageSummary {
  return {
    events: a.events + b.events,
    measured: a.measured + b.measured,
    total: a.total.plus(b.total),
    moment: a.moment.plus(b.moment),
    peak: a.peak === null ? b.peak : b.peak === null ? a.peak : Rate.max(a.peak, b.peak),
    latest: laterValue(a.latest, b.latest),
    distinct: a.events === 0 ? b.distinct : b.events === 0 ? a.distinct : null,
  };
}

function laterValue(a: LatestValue | null, b: LatestValue | null): LatestValue | null {
  if (a === null || b === null) return a ?? b;
  const order = a.occurredAt.getTime() - b.occurredAt.getTime() || compareBytes(a.id, b.id);
  return order < 0 ? b : a;
}

/** As databases compare text byte by byte; `<` compares halves of characters beyond the 16 bits. */
export function compareBytes(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0) ?? 0);
  const right = Array.from(b, (character) => character.codePointAt(0) ?? 0);
  for (const [index, point] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (point !== other) return point - other;
  }
  return left.length - right.length;
}

/** A property as text: a string as it is, a number in plain notation, anything else as JSON with sorted names. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof ExactNumber) return value.text;
  if (typeof value === 'number') return formatRate(new Rate(value));
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => compareBytes(one, other)))
      : inner,
  );
}

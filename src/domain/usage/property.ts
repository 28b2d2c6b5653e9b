import type { UsageEvent } from './aggregation.js';

/** A property of an event itself; undefined when it is missing or null. Inherited names (`constructor`) are not properties. */
export function propertyOf(properties: UsageEvent['properties'], key: string): unknown {
  return Object.hasOwn(properties, key) ? (properties[key] ?? undefined) : undefined;
}

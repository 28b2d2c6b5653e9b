import { parseQuantity, ZERO, type Rate } from '../rate.js';
import type { UsageEvent } from './aggregation.js';

/** A property of an event itself; undefined when it is missing or null. Inherited names (`constructor`) are not properties. */
export function propertyOf(properties: UsageEvent['properties'], key: string): unknown {
  return Object.hasOwn(properties, key) ? (properties[key] ?? undefined) : undefined;
}

/** The measured decimal of a property: a string or a JSON number. Missing or not a decimal counts 0. */
export const quantityOf = (event: UsageEvent, field: string | undefined): Rate =>
  field === undefined ? ZERO : (parseQuantity(propertyOf(event.properties, field)) ?? ZERO);

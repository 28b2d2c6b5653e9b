import type { UsageEvent } from './aggregation.js';
import { propertyOf } from './property.js';
import { textOf } from './summary.js';

export interface PropertyFilter {
  readonly key: string;
  readonly values: readonly string[];
}

/**
 * True when, for every filter, the event's property is one of the filter's values. Compared as text, exactly:
 * a string as it is, a number in plain notation, any other value in its JSON form (5 is `"5"`, true is `"true"`). A missing or null property never matches.
 * No filters match everything; a filter without values matches nothing. Source: wire contract, filters.
 */
export const matchesFilters = (
  filters: readonly PropertyFilter[],
  properties: UsageEvent['properties'],
): boolean =>
  filters.every(({ key, values }) => {
    const value = propertyOf(properties, key);
    return value !== undefined && values.includes(textOf(value));
  });

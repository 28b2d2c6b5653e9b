import { fieldErrors, notImplemented } from '../domain/errors.js';
import { parseRate } from '../domain/rate.js';
import type { AggregationType } from '../domain/usage/aggregation.js';
import type { MeterAggregation } from './features.types.js';

/** Whose windows can be cut into buckets that are priced one by one. */
const BUCKETED: readonly AggregationType[] = ['MAX', 'SUM'];

/**
 * Refuses a meter that could not be billed, or whose options would be ignored: better refused here than found out at
 * the end of a month. All that is wrong at once.
 */
export function assertMeter(aggregation: MeterAggregation, resetUsage: string): void {
  const errors: Record<string, string> = {};
  const say = (field: string, sentence: string): void => {
    errors[`meter.aggregation.${field}`] = `meter.aggregation.${field} ${sentence}`;
  };
  const { type, field, multiplier, bucketSize, groupBy } = aggregation;
  if (type !== 'COUNT' && !field) say('field', `is required for ${type}`);
  if (type === 'SUM_WITH_MULTIPLIER') {
    if (!(parseRate(multiplier)?.greaterThan(0) ?? false)) say('multiplier', `must be above 0 for ${type}`);
  } else if (multiplier !== null) {
    say('multiplier', `goes with SUM_WITH_MULTIPLIER, not with ${type}`);
  }
  if (bucketSize !== null && !BUCKETED.includes(type))
    say('bucket_size', `goes with ${BUCKETED.join(' or ')}, not with ${type}`);
  if (groupBy !== null && bucketSize === null) say('group_by', 'splits buckets: it needs bucket_size');
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
  if (aggregation.expression !== null)
    throw notImplemented('a meter with an expression is not supported yet', {
      fields: ['meter.aggregation.expression'],
    });
  if (resetUsage === 'NEVER') throw notImplemented('reset_usage NEVER is not supported yet');
}

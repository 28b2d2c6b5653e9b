import { fieldErrors, notImplemented } from '../domain/errors.js';
import { parseRate } from '../domain/rate.js';
import {
  BUCKET_KINDS,
  BUCKETED,
  MEASURES_FIELD,
  MULTIPLIED,
  TAKES_MULTIPLIER,
} from '../domain/usage/aggregation.js';
import type { MeterAggregation } from './features.types.js';

/** Understood, and not billed by yet: an invoice would charge something else than was asked for. */
const NOT_BILLED_YET = { expression: 'expression' } as const;

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
  if (MEASURES_FIELD[type] && !field) say('field', `is required for ${type}`);
  if (TAKES_MULTIPLIER[type]) {
    if (!(parseRate(multiplier)?.greaterThan(0) ?? false)) say('multiplier', `must be above 0 for ${type}`);
  } else if (multiplier !== null) {
    say('multiplier', `goes with ${MULTIPLIED.join(' or ')}, not with ${type}`);
  }
  if (bucketSize !== null && BUCKET_KINDS[type] === null)
    say('bucket_size', `goes with ${BUCKETED.join(' or ')}, not with ${type}`);
  if (groupBy !== null && bucketSize === null) say('group_by', 'splits buckets: it needs bucket_size');
  if (bucketSize !== null && resetUsage === 'NEVER')
    say('bucket_size', 'does not go with reset_usage NEVER: every bucket begins anew');
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
  for (const [key, name] of Object.entries(NOT_BILLED_YET))
    if (aggregation[key as keyof typeof NOT_BILLED_YET] !== null)
      throw notImplemented(`a meter with ${name} is not supported yet`, {
        fields: [`meter.aggregation.${name}`],
      });
}

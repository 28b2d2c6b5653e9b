import { ZERO, type Rate } from '../rate.js';
import { billableQuantity } from '../usage/aggregate.js';
import type { PricingTerms } from './pricing-terms.js';
import { ratePrice } from './rate-price.js';

/** What a bucketed meter measured in one bucket, or, with group_by, for one group in one bucket. */
export interface UsageBucket {
  readonly start: Date;
  readonly group: string | null;
  readonly quantity: Rate;
}

export interface RatedBucket extends UsageBucket {
  /** Exact. */
  readonly amount: Rate;
}

export interface RatedBuckets {
  readonly buckets: readonly RatedBucket[];
  /** What was priced, added up. */
  readonly quantity: Rate;
  /** Exact: rounded once, when the line is drafted. */
  readonly amount: Rate;
}

/**
 * Bucketed usage: every bucket, or every group within a bucket, is priced on its own by the whole model (tiers and packages
 * begin anew), then added up. A bucket that corrections took below nothing costs nothing; it does not pay for another.
 * RangeError when a bucket (of a group) comes twice: it would be charged twice over. Otherwise errors as `ratePrice`.
 */
export function rateBuckets(terms: PricingTerms, usage: readonly UsageBucket[]): RatedBuckets {
  const seen = new Set<string>();
  const buckets = usage.map((bucket): RatedBucket => {
    const key = JSON.stringify([bucket.start.getTime(), bucket.group]);
    if (seen.has(key)) throw new RangeError(`the bucket ${key} is given twice`);
    seen.add(key);
    const quantity = billableQuantity(bucket.quantity);
    return { ...bucket, quantity, amount: ratePrice(terms, quantity) };
  });
  return {
    buckets,
    quantity: buckets.reduce((sum, bucket) => sum.plus(bucket.quantity), ZERO),
    amount: buckets.reduce((sum, bucket) => sum.plus(bucket.amount), ZERO),
  };
}

import { Rate, ZERO } from '../rate.js';
import type { PricingTerms } from '../rating/pricing-terms.js';
import { ratePrice } from '../rating/rate-price.js';

export const COMMITMENT_TYPES = ['amount', 'quantity'] as const;
export type CommitmentType = (typeof COMMITMENT_TYPES)[number];

/** A commitment of one usage line. Source: wire contract, commitment. */
export interface LineCommitment {
  /** Exact, in major units; see {@link committedAmount}. */
  readonly amount: Rate;
  /** From 1 up. */
  readonly overageFactor: Rate;
  readonly trueUp: boolean;
}

/** Where the invoice stands when the commitment is for longer than the line's period. */
export interface LineCommitmentTerm {
  /** What usage of earlier periods of the term costs, before any factor. */
  readonly usedBefore: Rate;
  readonly ends: boolean;
}

/** Exact; the line's amount is rounded once, when it is drafted. `utilized + overage + trueUp = amount`. */
export interface LineCommitmentOutcome {
  readonly amount: Rate;
  readonly utilized: Rate;
  /** Times the factor. */
  readonly overage: Rate;
  readonly trueUp: Rate;
}

/** A committed quantity is worth what the price's own model makes of it. */
export const committedAmount = (
  commitment: { readonly type: CommitmentType; readonly value: Rate },
  terms: PricingTerms,
): Rate => (commitment.type === 'amount' ? commitment.value : ratePrice(terms, commitment.value));

/**
 * Below the commitment the usage is charged, or all of the commitment with a true-up; above it the commitment and what goes
 * beyond times the factor. A commitment of nothing is none. RangeError for negative figures or a factor below 1.
 */
export function applyLineCommitment(
  commitment: LineCommitment,
  usage: Rate,
  term: LineCommitmentTerm = { usedBefore: ZERO, ends: true },
): LineCommitmentOutcome {
  const { amount: committed, overageFactor, trueUp } = commitment;
  if (committed.lessThan(0) || usage.lessThan(0) || term.usedBefore.lessThan(0))
    throw new RangeError('a commitment and the usage that it covers must not be negative');
  if (!overageFactor.isFinite() || overageFactor.lessThan(1))
    throw new RangeError('an overage factor must be 1 or more');
  if (committed.isZero()) return { amount: usage, utilized: usage, overage: ZERO, trueUp: ZERO };
  const left = Rate.max(committed.minus(term.usedBefore), ZERO);
  const utilized = Rate.min(usage, left);
  const overage = usage.minus(utilized).times(overageFactor);
  const missing = trueUp && term.ends ? left.minus(utilized) : ZERO;
  return { amount: utilized.plus(overage).plus(missing), utilized, overage, trueUp: missing };
}

/** What a bucket with usage costs in the part of a period that a bill is for. */
export interface BucketUsage {
  readonly amount: Rate;
  /** What parts of the period that are on bills of their own have cost in it. */
  readonly before: Rate;
  /** No later part of the period goes on with the bucket. */
  readonly ends: boolean;
}

/**
 * A commitment for every bucket of the meter, and so for those without usage, which no aggregation names. Wherever a period
 * is cut, its parts come to what it comes to uncut.
 *
 * @param used what each bucket with usage costs
 * @param idle how many buckets without usage end
 */
export function applyWindowedCommitment(
  commitment: LineCommitment,
  used: readonly BucketUsage[],
  idle: number,
): LineCommitmentOutcome {
  if (!Number.isSafeInteger(idle) || idle < 0) throw new RangeError(`a period has no ${idle} buckets`);
  const each = applyLineCommitment(commitment, ZERO);
  return addOutcomes([
    ...used.map(({ amount, before, ends }) =>
      applyLineCommitment(commitment, amount, { usedBefore: before, ends }),
    ),
    { amount: each.amount.times(idle), utilized: ZERO, overage: ZERO, trueUp: each.trueUp.times(idle) },
  ]);
}

/** The outcomes of several commitments on one line: of its buckets, or of the times of day that have their own. */
export const addOutcomes = (outcomes: readonly LineCommitmentOutcome[]): LineCommitmentOutcome =>
  outcomes.reduce<LineCommitmentOutcome>(
    (sum, each) => ({
      amount: sum.amount.plus(each.amount),
      utilized: sum.utilized.plus(each.utilized),
      overage: sum.overage.plus(each.overage),
      trueUp: sum.trueUp.plus(each.trueUp),
    }),
    { amount: ZERO, utilized: ZERO, overage: ZERO, trueUp: ZERO },
  );

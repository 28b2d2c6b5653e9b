import { BILLING_PERIOD_UNITS, type BillingPeriodUnit } from '../domain/billing-period.js';
import type { CommitmentType } from '../domain/invoicing/line-commitment.js';

/** For how long a commitment can be: a number of billing periods. */
export const COMMITMENT_DURATIONS = BILLING_PERIOD_UNITS.filter((unit) => unit !== 'ONETIME');

/** As it is stored: decimals as strings, like everything in jsonb. */
export interface StoredCommitment {
  /** Major units of the subscription's currency. */
  readonly amount: string;
  readonly overage_factor: string;
  readonly true_up: boolean;
  /** Null: each billing period has its own. */
  readonly duration: BillingPeriodUnit | null;
}

export interface StoredLineCommitment {
  readonly type: CommitmentType;
  readonly value: string;
  readonly overage_factor: string;
  readonly true_up: boolean;
  /** For every bucket of the meter. */
  readonly windowed: boolean;
  readonly duration: BillingPeriodUnit | null;
}

export interface CommitmentInput {
  readonly amount?: string | undefined;
  readonly overageFactor?: string | undefined;
  readonly trueUp?: boolean | undefined;
  readonly duration?: BillingPeriodUnit | undefined;
}

export interface LineCommitmentInput extends CommitmentInput {
  readonly type?: CommitmentType | undefined;
  readonly quantity?: string | undefined;
  readonly windowed?: boolean | undefined;
}

/** A stored commitment as it would be asked for again. */
export const commitmentInput = (stored: StoredCommitment | null): CommitmentInput | undefined =>
  stored === null
    ? undefined
    : {
        amount: stored.amount,
        overageFactor: stored.overage_factor,
        trueUp: stored.true_up,
        duration: stored.duration ?? undefined,
      };

export const lineCommitmentInput = (stored: StoredLineCommitment | null): LineCommitmentInput | undefined =>
  stored === null
    ? undefined
    : {
        type: stored.type,
        [stored.type]: stored.value,
        overageFactor: stored.overage_factor,
        trueUp: stored.true_up,
        windowed: stored.windowed,
        duration: stored.duration ?? undefined,
      };

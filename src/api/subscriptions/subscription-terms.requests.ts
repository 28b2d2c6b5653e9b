import { IsBoolean } from 'class-validator';
import type { BillingPeriodUnit } from '../../domain/billing-period.js';
import { COMMITMENT_TYPES, type CommitmentType } from '../../domain/invoicing/line-commitment.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { COMMITMENT_DURATIONS } from '../../subscriptions/commitments.types.js';
import { Optional } from '../../platform/http/fields.js';
import { IsDecimalValue, IsMoney } from '../../platform/http/number-fields.js';
import { IsId, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

/** A coupon by its code. */
export class SubscriptionCouponRequest {
  @IsId()
  coupon_code!: string;

  /** Only for the line of this price; the whole invoice, when left out. */
  @Optional()
  @IsId()
  price_id?: string;

  /** The subscription's start, when left out. */
  @Optional()
  @IsInstant()
  start_date?: Date;

  @Optional()
  @IsInstant({ ever: true })
  end_date?: Date;
}

/** What a customer commits to on one line. */
export class LineCommitmentFields {
  /** At least so much in each of its periods, in major units; or `commitment_quantity`. */
  @Optional()
  @IsMoney({ min: '0' })
  commitment_amount?: string;

  /** At least so many units: worth what the price makes of them. */
  @Optional()
  @IsDecimalValue({ min: '0' })
  commitment_quantity?: string;

  @Optional()
  @IsOneOf(COMMITMENT_TYPES)
  commitment_type?: CommitmentType;

  /** What goes beyond is charged times this. 1, when left out. */
  @Optional()
  @IsDecimalValue({ min: '1' })
  commitment_overage_factor?: string;

  /** What is missing at the end is charged. */
  @Optional()
  @IsBoolean()
  commitment_true_up_enabled?: boolean;

  /** For every bucket of the meter. */
  @Optional()
  @IsBoolean()
  commitment_windowed?: boolean;

  /** Of several billing periods together. */
  @Optional()
  @IsOneOf(COMMITMENT_DURATIONS)
  commitment_duration?: BillingPeriodUnit;

  @Optional()
  @NotSupportedYet()
  commitment_time_buckets?: unknown[];
}

/** The same in the words of `line_item_commitments`. */
export class LineItemCommitmentRequest {
  @Optional()
  @IsMoney({ min: '0' })
  commitment_amount?: string;

  @Optional()
  @IsDecimalValue({ min: '0' })
  commitment_quantity?: string;

  @Optional()
  @IsOneOf(COMMITMENT_TYPES)
  commitment_type?: CommitmentType;

  @Optional()
  @IsDecimalValue({ min: '1' })
  overage_factor?: string;

  @Optional()
  @IsBoolean()
  enable_true_up?: boolean;

  @Optional()
  @IsBoolean()
  is_window_commitment?: boolean;

  @Optional()
  @IsOneOf(COMMITMENT_DURATIONS)
  commitment_duration?: BillingPeriodUnit;

  @Optional()
  @NotSupportedYet()
  commitment_time_buckets?: unknown[];
}

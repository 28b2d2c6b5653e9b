import {
  BILLING_CYCLES,
  BILLING_PERIOD_UNITS,
  type BillingCycle,
  type BillingPeriodUnit,
} from '../../domain/billing-period.js';
import { PRORATION_BEHAVIORS, type ProrationBehavior } from '../../domain/subscribing/proration.js';
import { MOST_PERIODS } from '../../platform/http/bounds.js';
import { Optional } from '../../platform/http/fields.js';
import { IsStringMap } from '../../platform/http/json-fields.js';
import { IsWhole } from '../../platform/http/number-fields.js';
import { IsId, IsOneOf } from '../../platform/http/text-fields.js';

export class SubscriptionChangeRequest {
  @IsId()
  target_plan_id!: string;

  /** The subscription's, when left out; so with all that follow. */
  @Optional()
  @IsOneOf(BILLING_PERIOD_UNITS.filter((unit) => unit !== 'ONETIME'))
  billing_period?: BillingPeriodUnit;

  @Optional()
  @IsWhole({ min: 1, max: MOST_PERIODS })
  billing_period_count?: number;

  @Optional()
  @IsOneOf(BILLING_CYCLES)
  billing_cycle?: BillingCycle;

  @Optional()
  @IsOneOf(['RECURRING'])
  billing_cadence?: string;

  /** `create_prorations`: what was paid for the rest of the period is taken off the new plan's first invoice. */
  @Optional()
  @IsOneOf(PRORATION_BEHAVIORS)
  proration_behavior?: ProrationBehavior;

  /** Now, or at the end of the current period: until then it is a schedule that can be cancelled. */
  @Optional()
  @IsOneOf(['immediate', 'end_of_period'])
  change_at?: 'immediate' | 'end_of_period';

  /** Added to the subscription's own. */
  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

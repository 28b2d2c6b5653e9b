import {
  GRANT_CADENCES,
  GRANT_DURATION_UNITS,
  GRANT_EXPIRY_TYPES,
  GRANT_PERIODS,
  type GrantCadence,
  type GrantDurationUnit,
  type GrantExpiryType,
  type GrantPeriod,
} from '../../domain/wallets/grant-schedule.js';
import { MOST_PERIODS } from '../../platform/http/bounds.js';
import { Optional, RequiredWhen } from '../../platform/http/fields.js';
import { IsStringMap } from '../../platform/http/json-fields.js';
import { IsConversionRate, IsMoney, IsWhole } from '../../platform/http/number-fields.js';
import { IsId, IsText, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

type Body = CreateCreditGrantRequest;

/** Years, too: what is given today ends before the year 10000. */
const MOST_DURATION = 5_000;

export class CreateCreditGrantRequest {
  @IsText({ min: 1, max: 500 })
  name!: string;

  /**
   * `PLAN`: every subscription to the plan that starts from now on gets it. `SUBSCRIPTION`: that one does. `ADDON`: every
   * subscription that gets the addon from now on, for as long as it has it.
   */
  @IsOneOf(['PLAN', 'SUBSCRIPTION', 'ADDON'])
  scope!: 'PLAN' | 'SUBSCRIPTION' | 'ADDON';

  /** Required for the scope `PLAN`. */
  @RequiredWhen((body: Body) => body.scope === 'PLAN')
  @IsId()
  plan_id?: string;

  /** Required for the scope `SUBSCRIPTION`. */
  @RequiredWhen((body: Body) => body.scope === 'SUBSCRIPTION')
  @IsId()
  subscription_id?: string;

  /** Required for the scope `ADDON`. */
  @RequiredWhen((body: Body) => body.scope === 'ADDON')
  @IsId()
  addon_id?: string;

  @IsMoney({ moreThan: '0' })
  credits!: string;

  @IsOneOf(GRANT_CADENCES)
  cadence!: GrantCadence;

  /** How often, for `RECURRING`. */
  @RequiredWhen((body: Body) => body.cadence === 'RECURRING')
  @IsOneOf(GRANT_PERIODS)
  period?: GrantPeriod;

  @Optional()
  @IsWhole({ min: 1, max: MOST_PERIODS })
  period_count?: number;

  /** `BILLING_CYCLE`: they last as long as the billing period in which they are given. `NEVER` when left out. */
  @Optional()
  @IsOneOf(GRANT_EXPIRY_TYPES)
  expiration_type?: GrantExpiryType;

  /** Required for `DURATION`. */
  @RequiredWhen((body: Body) => body.expiration_type === 'DURATION')
  @IsWhole({ min: 1, max: MOST_DURATION })
  expiration_duration?: number;

  /** Required for `DURATION`. */
  @RequiredWhen((body: Body) => body.expiration_type === 'DURATION')
  @IsOneOf(GRANT_DURATION_UNITS)
  expiration_duration_unit?: GrantDurationUnit;

  /** Lower is spent first; credits without one are spent last. */
  @Optional()
  @IsWhole({ min: 0 })
  priority?: number;

  /** Of the wallet, when the customer has none yet and one is made for the credits. */
  @Optional()
  @IsConversionRate()
  conversion_rate?: string;

  @Optional()
  @IsConversionRate()
  topup_conversion_rate?: string;

  /** Nothing is given before. */
  @Optional()
  @IsInstant()
  start_date?: Date;

  /** Nothing is given from then on. */
  @Optional()
  @IsInstant({ ever: true })
  end_date?: Date;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class UpdateCreditGrantRequest {
  @Optional()
  @IsText({ min: 1, max: 500 })
  name?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class DeleteCreditGrantRequest {
  /** For a grant of a subscription: when it ends. Now when left out. */
  @Optional()
  @IsInstant({ ever: true })
  effective_date?: Date;
}

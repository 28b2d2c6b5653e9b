import { Transform } from 'class-transformer';
import { IsBoolean } from 'class-validator';
import {
  PAUSE_MODES,
  RESUME_MODES,
  type PauseMode,
  type ResumeMode,
} from '../../domain/subscribing/pauses.js';
import { PRORATION_BEHAVIORS, type ProrationBehavior } from '../../domain/subscribing/proration.js';
import {
  SUBSCRIPTION_STATUSES,
  type SubscriptionStatus,
} from '../../domain/subscribing/subscription-states.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { Optional } from '../../platform/http/fields.js';
import { IsStringMap } from '../../platform/http/json-fields.js';
import { IsWhole } from '../../platform/http/number-fields.js';
import { IsText, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class CancelSubscriptionRequest {
  @IsOneOf(['immediate', 'end_of_period', 'scheduled_date'])
  cancellation_type!: 'immediate' | 'end_of_period' | 'scheduled_date';

  /** With `scheduled_date`. */
  @Optional()
  @IsInstant({ ever: true })
  cancel_at?: Date;

  /**
   * With `immediate`: `generate_invoice` bills what was used until now, `skip` (the default) does not.
   * The misspelling is the wire's own; the right spelling is accepted too.
   */
  @Optional()
  @IsOneOf(['generate_invoice', 'skip'])
  cancel_immediately_inovice_policy?: 'generate_invoice' | 'skip';

  @Optional()
  @IsOneOf(['generate_invoice', 'skip'])
  cancel_immediately_invoice_policy?: 'generate_invoice' | 'skip';

  /**
   * `create_prorations`: when it ends, the unused part of what was paid in advance is given back, and what is charged for a part
   * of a period is charged by that. The subscription's, when left out.
   */
  @Optional()
  @IsOneOf(PRORATION_BEHAVIORS)
  proration_behavior?: ProrationBehavior;

  @Optional()
  @IsText()
  reason?: string;
}

export class ActivateSubscriptionRequest {
  /** May lie in the past (all periods since then are billed) or ahead. */
  @IsInstant()
  start_date!: Date;
}

export class UpdateSubscriptionRequest {
  /** Cancels on that date. An empty text takes back a cancellation that lies ahead. */
  @Optional()
  @Transform(({ value }: { value: unknown }) => (value === '' ? null : value))
  @IsInstant({ ever: true })
  cancel_at?: Date | null;

  /** `true` cancels at the end of the period, `false` takes back a cancellation that lies ahead. */
  @Optional()
  @IsBoolean()
  cancel_at_period_end?: boolean;

  /** `cancelled` at once and without a final invoice, `paused`, or `active` again after a pause or an unpaid start. */
  @Optional()
  @IsOneOf(SUBSCRIPTION_STATUSES)
  status?: SubscriptionStatus;

  @Optional()
  @NotSupportedYet()
  parent_subscription_id?: string;
}

export class PauseSubscriptionRequest {
  /** `immediate`, when left out. */
  @Optional()
  @IsOneOf(PAUSE_MODES)
  pause_mode?: PauseMode;

  /**
   * `create_prorations`: what was paid in advance for the time of the pause is given back, and what lies after its end is
   * charged again then. `none` (the default): it stays paid.
   */
  @Optional()
  @IsOneOf(PRORATION_BEHAVIORS)
  proration_behavior?: ProrationBehavior;

  /** With `scheduled`. */
  @Optional()
  @IsInstant()
  pause_start?: Date;

  /** Resumes by itself then. Without it and `pause_days`, the pause lasts until it is resumed. */
  @Optional()
  @IsInstant({ ever: true })
  pause_end?: Date;

  @Optional()
  @IsWhole({ min: 1, max: 36_500 })
  pause_days?: number;

  @Optional()
  @IsText()
  reason?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  /** Answers what would be, and changes nothing. */
  @Optional()
  @IsBoolean()
  dry_run?: boolean;
}

export class ResumeSubscriptionRequest {
  /** `immediate`, also when left out. For a later date, give the pause a `pause_end`. */
  @Optional()
  @IsOneOf(RESUME_MODES)
  @NotSupportedYet(['immediate'])
  resume_mode?: ResumeMode;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  /** Answers what would be, and changes nothing. */
  @Optional()
  @IsBoolean()
  dry_run?: boolean;
}

import { PRORATION_BEHAVIORS, type ProrationBehavior } from '../../domain/subscribing/proration.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { Optional } from '../../platform/http/fields.js';
import { IsJson } from '../../platform/http/json-fields.js';
import { IsId, IsText, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class AddAddonRequest {
  @IsId()
  subscription_id!: string;

  @IsId()
  addon_id!: string;

  /** Now, when left out. */
  @Optional()
  @IsInstant()
  start_date?: Date;

  /** The subscription's, when left out. */
  @Optional()
  @IsOneOf(PRORATION_BEHAVIORS)
  proration_behavior?: ProrationBehavior;

  @Optional()
  @IsJson()
  metadata?: Record<string, unknown>;

  /** It goes on until it is removed. */
  @Optional()
  @NotSupportedYet(['recurring'])
  cadence?: string;

  @Optional()
  @NotSupportedYet()
  line_item_commitments?: unknown;

  @Optional()
  @NotSupportedYet()
  override_line_items?: unknown[];

  @Optional()
  @NotSupportedYet()
  checkout?: unknown;
}

export class RemoveAddonRequest {
  @IsId()
  addon_association_id!: string;

  @Optional()
  @IsText()
  reason?: string;
}

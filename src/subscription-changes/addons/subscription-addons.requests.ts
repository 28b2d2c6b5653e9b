import { IsObject, IsString, MaxLength, MinLength } from 'class-validator';
import { PRORATION_BEHAVIORS, type ProrationBehavior } from '../../domain/subscribing/proration.js';
import { IsInstant, IsWord, Optional } from '../../platform/http/fields.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';

export class AddAddonRequest {
  @IsString()
  @MinLength(1)
  subscription_id!: string;

  @IsString()
  @MinLength(1)
  addon_id!: string;

  /** Now, when left out. */
  @Optional()
  @IsInstant()
  start_date?: Date;

  /** The subscription's, when left out. */
  @Optional()
  @IsWord(PRORATION_BEHAVIORS)
  proration_behavior?: ProrationBehavior;

  @Optional()
  @IsObject()
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
  @IsString()
  @MinLength(1)
  addon_association_id!: string;

  @Optional()
  @IsString()
  @MaxLength(255)
  reason?: string;
}

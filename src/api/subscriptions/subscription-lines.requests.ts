import { IsBoolean } from 'class-validator';
import { BILLING_PERIOD_UNITS } from '../../domain/billing-period.js';
import {
  BILLING_MODELS,
  TIER_MODES,
  type BillingModel,
  type TierMode,
} from '../../domain/rating/price-kinds.js';
import { PRORATION_BEHAVIORS, type ProrationBehavior } from '../../domain/subscribing/proration.js';
import { SearchRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { LineCommitmentFields } from './subscription-terms.requests.js';
import { PriceBodyRequest, PriceTierRequest, TransformQuantityRequest } from '../prices/prices.requests.js';
import { Optional } from '../../platform/http/fields.js';
import { IsListOf, IsPart, IsStringMap } from '../../platform/http/json-fields.js';
import { IsDecimalValue, IsMoney } from '../../platform/http/number-fields.js';
import { IsCurrency, IsId, IsText, IsTexts, IsOneOf, IsOneOfList } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

/** Terms that take the place of a price's own. */
export class PriceTermsRequest extends LineCommitmentFields {
  /** Per unit (FLAT_FEE) or per package (PACKAGE), in major units. */
  @Optional()
  @IsMoney({ min: '0' })
  amount?: string;

  @Optional()
  @IsOneOf(BILLING_MODELS)
  billing_model?: BillingModel;

  @Optional()
  @IsOneOf(TIER_MODES)
  tier_mode?: TierMode;

  @Optional()
  @IsListOf(() => PriceTierRequest, { most: 200 })
  tiers?: PriceTierRequest[];

  @Optional()
  @IsPart(() => TransformQuantityRequest)
  transform_quantity?: TransformQuantityRequest;

  /** Of a fixed price. */
  @Optional()
  @IsDecimalValue({ min: '0' })
  quantity?: string;
}

export class OverrideLineItemRequest extends PriceTermsRequest {
  /** The plan's price that is meant. */
  @IsId()
  price_id!: string;

  @Optional()
  @NotSupportedYet()
  price_unit_amount?: string;

  @Optional()
  @NotSupportedYet()
  price_unit_tiers?: unknown[];
}

/** A price for one subscription alone; its currency is the subscription's. */
export class SubscriptionPriceRequest extends PriceBodyRequest {
  @Optional()
  @IsCurrency()
  currency?: string;
}

export class CreateSubscriptionLineItemRequest extends LineCommitmentFields {
  /** A price that exists. One of `price_id` and `price` is required, not both. */
  @Optional()
  @IsId()
  price_id?: string;

  @Optional()
  @IsPart(() => SubscriptionPriceRequest)
  price?: SubscriptionPriceRequest;

  /** Of a fixed price. 1 (or the price's `min_quantity`), when left out. */
  @Optional()
  @IsDecimalValue({ min: '0' })
  quantity?: string;

  /** Now, when left out; within the current period or ahead. */
  @Optional()
  @IsInstant()
  start_date?: Date;

  @Optional()
  @IsInstant({ ever: true })
  end_date?: Date;

  @Optional()
  @IsText({ max: 500 })
  display_name?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  /** The subscription's, when left out. */
  @Optional()
  @IsOneOf(PRORATION_BEHAVIORS)
  proration_behavior?: ProrationBehavior;

  @Optional()
  @NotSupportedYet()
  subscription_phase_id?: string;
}

export class UpdateSubscriptionLineItemRequest extends PriceTermsRequest {
  /** From when on; now, when left out; within the current period or ahead. */
  @Optional()
  @IsInstant()
  effective_from?: Date;

  @Optional()
  @IsText({ max: 500 })
  display_name?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  /** The subscription's, when left out. */
  @Optional()
  @IsOneOf(PRORATION_BEHAVIORS)
  proration_behavior?: ProrationBehavior;
}

export class DeleteSubscriptionLineItemRequest {
  /** From when on it is not charged for; now, when left out. */
  @Optional()
  @IsInstant()
  effective_from?: Date;

  /** The subscription's, when left out. */
  @Optional()
  @IsOneOf(PRORATION_BEHAVIORS)
  proration_behavior?: ProrationBehavior;
}

export class SearchSubscriptionLineItemsRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  line_item_ids?: string[];

  @Optional()
  @IsTexts()
  subscription_ids?: string[];

  @Optional()
  @IsTexts()
  customer_ids?: string[];

  @Optional()
  @IsTexts()
  price_ids?: string[];

  @Optional()
  @IsTexts()
  meter_ids?: string[];

  @Optional()
  @IsTexts()
  entity_ids?: string[];

  @Optional()
  @IsOneOf(['plan', 'addon', 'subscription'])
  entity_type?: string;

  @Optional()
  @IsTexts()
  currencies?: string[];

  @Optional()
  @IsOneOfList(BILLING_PERIOD_UNITS)
  billing_periods?: string[];

  /** Only lines that are charged for now. */
  @Optional()
  @IsBoolean()
  active_filter?: boolean;
}

import { ListRequest, SearchRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { Optional } from '../../platform/http/fields.js';
import { IsStringMap } from '../../platform/http/json-fields.js';
import { IsDecimalValue, IsMoney, IsWhole } from '../../platform/http/number-fields.js';
import { IsCurrency, IsText, IsStringList, IsTexts, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class CreateCouponRequest {
  @IsText({ min: 1, max: 200 })
  name!: string;

  /** What a customer types; unique in the environment. */
  @Optional()
  @IsText({ min: 1, max: 200 })
  coupon_code?: string;

  @IsOneOf(['fixed', 'percentage'])
  type!: 'fixed' | 'percentage';

  /** Of a percentage coupon: above 0, at most 100. */
  @Optional()
  @IsDecimalValue({ moreThan: '0', max: '100' })
  percentage_off?: string;

  /** Of a fixed coupon, in major units of its currency. */
  @Optional()
  @IsMoney({ moreThan: '0' })
  amount_off?: string;

  /** A fixed coupon needs it; a percentage with a currency is for subscriptions in it alone. */
  @Optional()
  @IsCurrency()
  currency?: string;

  /** On how many bills it counts: the first one, `duration_in_periods` of them, or all. */
  @IsOneOf(['once', 'repeated', 'forever'])
  cadence!: 'once' | 'repeated' | 'forever';

  @Optional()
  @IsWhole({ min: 1 })
  duration_in_periods?: number;

  /** How often it can be redeemed, by all customers together. */
  @Optional()
  @IsWhole({ min: 1 })
  max_redemptions?: number;

  /** Cannot be redeemed before. */
  @Optional()
  @IsInstant({ ever: true })
  redeem_after?: Date;

  /** Cannot be redeemed at that time or later. */
  @Optional()
  @IsInstant({ ever: true })
  redeem_before?: Date;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @NotSupportedYet()
  rules?: Record<string, unknown>;
}

export class UpdateCouponRequest {
  @Optional()
  @IsText({ min: 1, max: 200 })
  name?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class SearchCouponsRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  coupon_ids?: string[];

  @Optional()
  @IsTexts()
  coupon_codes?: string[];
}

export class ListCouponAssociationsQuery extends ListRequest {
  @Optional()
  @IsStringList()
  subscription_ids?: string[];

  @Optional()
  @IsStringList()
  coupon_ids?: string[];

  @Optional()
  @IsStringList()
  subscription_line_item_ids?: string[];
}

import { IsArray, IsInt, IsString, MaxLength, Min, MinLength } from 'class-validator';
import {
  IsCurrency,
  IsDecimalValue,
  IsInstant,
  IsStringMap,
  IsTextList,
  IsWord,
  Optional,
} from '../platform/http/fields.js';
import { ListRequest, SearchRequest } from '../platform/http/list-query.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

export class CreateCouponRequest {
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name!: string;

  /** What a customer types; unique in the environment. */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  coupon_code?: string;

  @IsWord(['fixed', 'percentage'])
  type!: 'fixed' | 'percentage';

  /** Of a percentage coupon: above 0, at most 100. */
  @Optional()
  @IsDecimalValue({ moreThan: '0', max: '100' })
  percentage_off?: string;

  /** Of a fixed coupon, in major units of its currency. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  amount_off?: string;

  /** A fixed coupon needs it; a percentage with a currency is for subscriptions in it alone. */
  @Optional()
  @IsCurrency()
  currency?: string;

  /** On how many bills it counts: the first one, `duration_in_periods` of them, or all. */
  @IsWord(['once', 'repeated', 'forever'])
  cadence!: 'once' | 'repeated' | 'forever';

  @Optional()
  @IsInt()
  @Min(1)
  duration_in_periods?: number;

  /** How often it can be redeemed, by all customers together. */
  @Optional()
  @IsInt()
  @Min(1)
  max_redemptions?: number;

  /** Cannot be redeemed before. */
  @Optional()
  @IsInstant()
  redeem_after?: Date;

  /** Cannot be redeemed at that time or later. */
  @Optional()
  @IsInstant()
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
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class SearchCouponsRequest extends SearchRequest {
  @Optional()
  @IsArray()
  @IsString({ each: true })
  coupon_ids?: string[];

  @Optional()
  @IsArray()
  @IsString({ each: true })
  coupon_codes?: string[];
}

export class ListCouponAssociationsQuery extends ListRequest {
  @Optional()
  @IsTextList()
  subscription_ids?: string[];

  @Optional()
  @IsTextList()
  coupon_ids?: string[];

  @Optional()
  @IsTextList()
  subscription_line_item_ids?: string[];
}

import { IsArray, IsBoolean, IsString } from 'class-validator';
import { BILLING_PERIOD_UNITS } from '../domain/billing-period.js';
import { IsInstant, IsWord, IsWordList, Optional } from '../platform/http/fields.js';
import { SearchRequest } from '../platform/http/list-query.js';

export class SearchPricesRequest extends SearchRequest {
  @Optional()
  @IsArray()
  @IsString({ each: true })
  price_ids?: string[];

  @Optional()
  @IsArray()
  @IsString({ each: true })
  plan_ids?: string[];

  @Optional()
  @IsArray()
  @IsString({ each: true })
  entity_ids?: string[];

  @Optional()
  @IsWord(['PLAN', 'SUBSCRIPTION', 'ADDON', 'PRICE', 'COSTSHEET'])
  entity_type?: string;

  @Optional()
  @IsArray()
  @IsString({ each: true })
  meter_ids?: string[];

  @Optional()
  @IsWordList(BILLING_PERIOD_UNITS)
  billing_periods?: string[];

  @Optional()
  @IsBoolean()
  allow_expired_prices?: boolean;

  @Optional()
  @IsInstant()
  start_date_lt?: Date;

  /** Only what stands in for that price on some subscription. */
  @Optional()
  @IsString()
  parent_price_id?: string;

  /** Only what that subscription has in place of its plan's prices. */
  @Optional()
  @IsString()
  subscription_id?: string;
}

import { IsBoolean } from 'class-validator';
import { BILLING_PERIOD_UNITS } from '../../domain/billing-period.js';
import { SearchRequest } from '../../platform/http/list-query.js';
import { Optional } from '../../platform/http/fields.js';
import { IsId, IsTexts, IsOneOf, IsOneOfList } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class SearchPricesRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  price_ids?: string[];

  @Optional()
  @IsTexts()
  plan_ids?: string[];

  @Optional()
  @IsTexts()
  entity_ids?: string[];

  @Optional()
  @IsOneOf(['PLAN', 'SUBSCRIPTION', 'ADDON', 'PRICE', 'COSTSHEET'])
  entity_type?: string;

  @Optional()
  @IsTexts()
  meter_ids?: string[];

  @Optional()
  @IsOneOfList(BILLING_PERIOD_UNITS)
  billing_periods?: string[];

  @Optional()
  @IsBoolean()
  allow_expired_prices?: boolean;

  @Optional()
  @IsInstant({ ever: true })
  start_date_lt?: Date;

  /** Only what stands in for that price on some subscription. */
  @Optional()
  @IsId()
  parent_price_id?: string;

  /** Only what that subscription has in place of its plan's prices. */
  @Optional()
  @IsId()
  subscription_id?: string;
}

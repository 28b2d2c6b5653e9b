import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, ValidateNested } from 'class-validator';
import { NewCustomerRequest } from '../customers/customers.requests.js';
import { Optional } from '../platform/http/fields.js';
import { TaxRateOverrideRequest } from './taxes.requests.js';

export class CreateCustomerRequest extends NewCustomerRequest {
  /** Its subscriptions are taxed by these rates in place of the tenant's; an empty list: by none. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => TaxRateOverrideRequest)
  tax_rate_overrides?: TaxRateOverrideRequest[];
}

import { NewCustomerRequest } from './customers.requests.js';
import { TaxRateOverrideRequest } from '../taxes/taxes.requests.js';
import { Optional } from '../../platform/http/fields.js';
import { IsListOf } from '../../platform/http/json-fields.js';

export class CreateCustomerRequest extends NewCustomerRequest {
  /** Its subscriptions are taxed by these rates in place of the tenant's; an empty list: by none. */
  @Optional()
  @IsListOf(() => TaxRateOverrideRequest)
  tax_rate_overrides?: TaxRateOverrideRequest[];
}

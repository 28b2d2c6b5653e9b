import { Optional } from '../../platform/http/fields.js';
import { IsStringList } from '../../platform/http/text-fields.js';

export class SubscriptionEntitlementsRequest {
  @Optional()
  @IsStringList()
  feature_ids?: string[];
}

export class CustomerEntitlementsRequest extends SubscriptionEntitlementsRequest {
  @Optional()
  @IsStringList()
  subscription_ids?: string[];
}

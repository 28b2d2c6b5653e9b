import { Optional } from '../../platform/http/fields.js';
import { IsTextList } from '../../platform/http/text-fields.js';

export class SubscriptionEntitlementsRequest {
  @Optional()
  @IsTextList()
  feature_ids?: string[];
}

export class CustomerEntitlementsRequest extends SubscriptionEntitlementsRequest {
  @Optional()
  @IsTextList()
  subscription_ids?: string[];
}

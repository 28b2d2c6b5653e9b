import { PaginationResponse } from '../../platform/http/list-query.js';
import { SubscriptionLineItemResponse } from './subscriptions.responses.js';

export class ListSubscriptionLineItemsResponse {
  items!: SubscriptionLineItemResponse[];
  pagination!: PaginationResponse;
}

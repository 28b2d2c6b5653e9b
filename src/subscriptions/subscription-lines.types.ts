import type { ProrationBehavior } from '../domain/subscribing/proration.js';
import type { SearchRequest } from '../platform/http/list-query.js';
import type { PriceInput } from '../plans/prices.service.js';
import type { LineCommitmentInput } from './commitments.types.js';
import type { PriceOverride } from './price-override.js';

export interface LineSearch extends SearchRequest {
  readonly line_item_ids?: string[];
  readonly subscription_ids?: string[];
  readonly customer_ids?: string[];
  readonly price_ids?: string[];
  readonly meter_ids?: string[];
  readonly entity_ids?: string[];
  readonly entity_type?: string;
  readonly currencies?: string[];
  readonly billing_periods?: string[];
  readonly active_filter?: boolean;
}

export interface LineInput {
  /** A price that exists, or one to be made for this subscription alone. `isKept`: it was the customer's before. */
  readonly price: { readonly id: string; readonly isKept?: boolean } | { readonly input: PriceInput };
  readonly quantity?: string | undefined;
  readonly startDate?: Date | undefined;
  readonly endDate?: Date | undefined;
  readonly displayName?: string | undefined;
  /** The addon that brings it. */
  readonly addon?: { readonly id: string; readonly associationId: string } | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly commitment?: LineCommitmentInput | undefined;
}

export interface LineChange extends PriceOverride {
  readonly displayName?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly effectiveFrom?: Date | undefined;
  readonly prorationBehavior?: ProrationBehavior | undefined;
}

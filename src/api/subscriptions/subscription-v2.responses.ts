import { OmitType } from '@nestjs/swagger';
import { SubscriptionLineItemResponse, SubscriptionResponse } from './subscriptions.responses.js';

export class SubscriptionV2Response extends OmitType(SubscriptionResponse, [
  'latest_invoice',
  'checkout_session',
  'entitlements',
  'line_items',
] as const) {
  /** On request: `expand=subscription_line_items`. */
  line_items!: SubscriptionLineItemResponse[] | null;
  /** Not known: prices of a plan are not synced to its subscriptions. */
  plan_prices_out_of_sync!: boolean | null;
}

export function toV2Response(
  shown: SubscriptionResponse,
  expand: string | undefined,
): SubscriptionV2Response {
  const {
    latest_invoice: _invoice,
    checkout_session: _checkout,
    entitlements: _entitlements,
    ...rest
  } = shown;
  const wanted = new Set((expand ?? '').split(',').map((name) => name.trim()));
  const withLines = ['line_items', 'subscription_line_items', 'prices'].some((name) => wanted.has(name));
  return { ...rest, line_items: withLines ? shown.line_items : null, plan_prices_out_of_sync: null };
}

import { fieldErrors, notImplemented } from '../../domain/errors.js';
import type { Customer } from '../../customers/customers.types.js';
import type { PriceInput } from '../../plans/prices.service.js';
import { taxOverrides } from '../taxes/taxes.requests.js';
import type { CouponChoice } from '../../subscriptions/subscription-terms.service.js';
import type { LineCommitmentInput } from '../../subscriptions/commitments.types.js';
import type { LineCommitmentFields, LineItemCommitmentRequest } from './subscription-terms.requests.js';
import type { SubscribeInput } from '../../subscriptions/subscription-creation.service.js';
import type { LineInput } from '../../subscriptions/subscription-lines.service.js';
import type {
  CreateSubscriptionLineItemRequest,
  PriceTermsRequest,
  SubscriptionPriceRequest,
} from './subscription-lines.requests.js';
import type { CreateSubscriptionRequest } from './subscriptions.requests.js';

/** How a price body of the wire is read: the plans' house knows. */
type ReadPrice = (body: SubscriptionPriceRequest & { currency: string }) => PriceInput;

/** The body of `POST /subscriptions` in our words. */
export const subscribeInput = (
  body: CreateSubscriptionRequest,
  customer: Customer,
  readPrice: ReadPrice,
): SubscribeInput => ({
  customer,
  planId: body.plan_id,
  draft: body.subscription_status === 'draft',
  currency: body.currency,
  billingPeriod: body.billing_period,
  billingPeriodCount: body.billing_period_count,
  billingCycle: body.billing_cycle,
  billingAnchor: body.billing_anchor,
  startDate: body.start_date,
  endDate: body.end_date,
  trialPeriodDays: body.trial_period_days,
  trialEnd: body.trial_end,
  collectionMethod: body.collection_method,
  paymentBehavior: body.payment_behavior,
  paymentTerms: body.payment_terms,
  prorationBehavior: body.proration_behavior,
  lookupKey: body.lookup_key,
  timezone: body.timezone,
  metadata: body.metadata,
  overrides: body.override_line_items?.map((override) => ({
    priceId: override.price_id,
    ...priceTerms(override),
  })),
  lines: (currency) =>
    (body.line_items ?? []).map((line, index) =>
      lineInput(line, currency, readPrice, `line_items[${index}]`),
    ),
  commitment: {
    amount: body.commitment_amount,
    overageFactor: body.overage_factor,
    trueUp: body.enable_true_up,
    duration: body.commitment_duration,
  },
  lineCommitments: lineCommitments(body.line_item_commitments),
  coupons: couponChoices(body),
  taxOverrides: taxOverrides(body.tax_rate_overrides),
});

const couponChoices = (body: CreateSubscriptionRequest): CouponChoice[] => [
  ...(body.coupons ?? []).map((id, index) => ({ coupon: { id }, path: `coupons[${index}]` })),
  ...Object.entries(body.line_item_coupons ?? {}).flatMap(([priceId, ids]) =>
    ids.map((id) => ({ coupon: { id }, priceId, path: `line_item_coupons.${priceId}` })),
  ),
  ...(body.subscription_coupons ?? []).map((one, index) => ({
    coupon: { code: one.coupon_code },
    priceId: one.price_id,
    startDate: one.start_date,
    endDate: one.end_date,
    path: `subscription_coupons[${index}].price_id`,
  })),
];

/** A line as it is asked for; a price that is made for it is in the subscription's currency. */
export function lineInput(
  body: CreateSubscriptionLineItemRequest,
  currency: string,
  readPrice: ReadPrice,
  path = '',
): LineInput {
  const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
  const { price, price_id: priceId } = body;
  if ((price === undefined) === (priceId === undefined))
    throw fieldErrors({
      [at('price_id')]: `exactly one of ${at('price_id')} and ${at('price')} is required`,
    });
  if (price?.currency !== undefined && price.currency !== currency)
    throw fieldErrors({
      [at('price.currency')]: `${at('price.currency')} must be the subscription's, ${currency}`,
    });
  return {
    price: price === undefined ? { id: priceId ?? '' } : { input: readPrice({ ...price, currency }) },
    quantity: body.quantity,
    startDate: body.start_date,
    endDate: body.end_date,
    displayName: body.display_name,
    metadata: body.metadata,
    commitment: commitmentOf(body),
  };
}

export const priceTerms = (body: PriceTermsRequest) => ({
  amount: body.amount,
  billingModel: body.billing_model,
  tierMode: body.tier_mode,
  tiers: body.tiers?.map((tier) => ({
    up_to: tier.up_to ?? null,
    unit_amount: tier.unit_amount,
    flat_amount: tier.flat_amount ?? '0',
  })),
  transformQuantity: body.transform_quantity,
  quantity: body.quantity,
  commitment: commitmentOf(body),
});

/** Undefined where the body says nothing of one. */
function commitmentOf(body: LineCommitmentFields): LineCommitmentInput | undefined {
  const input: LineCommitmentInput = {
    amount: body.commitment_amount,
    quantity: body.commitment_quantity,
    type: body.commitment_type,
    overageFactor: body.commitment_overage_factor,
    trueUp: body.commitment_true_up_enabled,
    windowed: body.commitment_windowed,
    duration: body.commitment_duration,
  };
  return Object.values(input).every((value) => value === undefined) ? undefined : input;
}

const lineCommitments = (
  given: ReadonlyMap<string, LineItemCommitmentRequest> | undefined,
): Record<string, LineCommitmentInput> => {
  const inBuckets = [...(given ?? [])].filter(([, one]) => one.commitment_time_buckets?.length);
  if (inBuckets.length > 0)
    throw notImplemented('commitments by the time of day are not supported yet', {
      fields: inBuckets.map(([priceId]) => `line_item_commitments.${priceId}.commitment_time_buckets`),
    });
  return Object.fromEntries(
    [...(given ?? [])].map(([priceId, one]) => [
      priceId,
      {
        amount: one.commitment_amount,
        quantity: one.commitment_quantity,
        type: one.commitment_type,
        overageFactor: one.overage_factor,
        trueUp: one.enable_true_up,
        windowed: one.is_window_commitment,
        duration: one.commitment_duration,
      },
    ]),
  );
};

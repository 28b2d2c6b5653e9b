import type { Fraction } from '../../domain/fraction.js';
import { isId } from '../../domain/ids.js';
import { formatMoney, money, moneyToRate } from '../../domain/money.js';
import { formatRate, Rate, rate, storableQuantity, ZERO } from '../../domain/rate.js';
import type { Ctx } from '../../platform/context.js';
import { EXPLANATION_RULES } from '../../billing/explanations/explanation.types.js';
import type {
  ExplainedQuantity,
  ExplanationStep,
  LineExplanation,
} from '../../billing/explanations/explanation.types.js';
import type { EventPage, StoredEvent } from '../../usage/usage.types.js';
import { eventKey, EventResponse, toEventResponse } from '../events/usage.responses.js';

export class ExplanationReferenceResponse {
  /** `invoice_line_item`, `coupon`, `tax_rate`, `wallet`, `credit_note` or `price`. */
  type!: string;
  id!: string;
}

export class ExplanationStepResponse {
  /** The rule that made the figure. docs/reference/explanations.md lists them. */
  code!: string;
  /** The rule in one sentence. */
  text!: string;
  /** Decimal string in major units, exact to 18 decimal places. */
  amount!: string;
  /** The sum of the steps so far. */
  running_amount!: string;
  /** Units, or packages. */
  quantity!: string | null;
  unit_amount!: string | null;
  flat_amount!: string | null;
  /** Place of the tier in its price, from 1. */
  tier!: number | null;
  /** The last quantity in the tier; null in one without end. */
  tier_up_to!: string | null;
  /** Of the time, from 0 to 1. */
  time_share!: string | null;
  period_start!: Date | null;
  period_end!: Date | null;
  reference!: ExplanationReferenceResponse | null;
}

export class ExplainedStretchResponse {
  period_start!: Date;
  period_end!: Date;
  /** Of the whole billing period, from 0 to 1. */
  time_share!: string;
  price_id!: string;
  /** Null where only the whole has a quantity. */
  measured_quantity!: string | null;
  included_quantity!: string | null;
  billed_quantity!: string | null;
}

export class ExplainedMeterResponse {
  meter_id!: string;
  name!: string;
  event_name!: string;
  aggregation_type!: string;
  field!: string | null;
  multiplier!: string | null;
  bucket_size!: string | null;
  group_by!: string | null;
  /** `NEVER`: earlier periods count too. */
  reset_usage!: string;
  /** Those of the meter and of the price. */
  filters!: Record<string, unknown>[];
}

export class ExplainedQuantityResponse {
  meter!: ExplainedMeterResponse;
  external_customer_id!: string;
  window_start!: Date;
  window_end!: Date;
  /** What the meter makes of the events now. */
  measured_quantity!: string;
  /** Included by entitlements. */
  included_quantity!: string;
  billed_quantity!: string;
  /** Parts of the period in which the line charges: a pause or another price makes several. */
  stretches!: ExplainedStretchResponse[];
}

export class ExplainedEventsResponse {
  /** In the order of time. */
  items!: EventResponse[];
  has_more!: boolean;
  next_cursor!: string | null;
}

export class BilledFiguresResponse {
  quantity!: string;
  amount!: string;
}

export class ChangedSinceBilledResponse {
  billed!: BilledFiguresResponse;
  /** What the same period would be billed now. */
  now!: BilledFiguresResponse;
}

export class RestatedByResponse {
  /** `invoice_line_item` or `credit_note`. */
  type!: string;
  id!: string;
  invoice_id!: string;
}

export class LineExplanationResponse {
  invoice_id!: string;
  line_item_id!: string;
  /** `usage`, `overage`, `true_up`, `late_usage`, `fixed`, `change`, `unused_time`, `wallet_payout`, `top_up` or `one_off`. */
  kind!: string;
  display_name!: string;
  currency!: string;
  /** As it was billed. */
  quantity!: string;
  /** As it was billed, before discounts and tax. The steps add up to it. */
  amount!: string;
  steps!: ExplanationStepResponse[];
  /** What comes after the amount: discounts, tax, prepaid credits, what was given back. */
  after_steps!: ExplanationStepResponse[];
  /** The amount with all that comes after it. */
  remaining_amount!: string;
  /** Where the quantity comes from. Null where nothing is metered. */
  usage!: ExplainedQuantityResponse | null;
  /** The events behind the quantity. Null where nothing is metered. */
  events!: ExplainedEventsResponse | null;
  /** Null where the bill would be the same now. */
  changed_since_billed!: ChangedSinceBilledResponse | null;
  /** What has restated the line since. */
  restated_by!: RestatedByResponse[];
}

const formatted = (value: Rate | null | undefined): string | null =>
  value === null || value === undefined ? null : formatRate(storableQuantity(value));

const shareOf = ({ numerator, denominator }: Fraction): string =>
  formatRate(storableQuantity(rate(numerator).dividedBy(rate(denominator))));

function toSteps(steps: readonly ExplanationStep[], from: Rate): ExplanationStepResponse[] {
  let running = from;
  return steps.map((step): ExplanationStepResponse => {
    running = running.plus(step.amount);
    return {
      code: step.code,
      text: EXPLANATION_RULES[step.code],
      amount: formatRate(step.amount),
      running_amount: formatRate(running),
      quantity: formatted(step.quantity),
      unit_amount: formatted(step.unitAmount),
      flat_amount: formatted(step.flatAmount),
      tier: step.tier ?? null,
      tier_up_to: formatted(step.upTo),
      time_share: step.share === undefined ? null : shareOf(step.share),
      period_start: step.period?.start ?? null,
      period_end: step.period?.end ?? null,
      reference: step.reference === undefined ? null : { ...step.reference },
    };
  });
}

const toQuantity = ({ meter, events, stretches, ...of }: ExplainedQuantity): ExplainedQuantityResponse => ({
  meter: {
    meter_id: meter.id,
    name: meter.name,
    event_name: meter.eventName,
    aggregation_type: meter.aggregation.type,
    field: meter.aggregation.field,
    multiplier: meter.aggregation.multiplier,
    bucket_size: meter.aggregation.bucketSize,
    group_by: meter.aggregation.groupBy,
    reset_usage: meter.resetUsage,
    filters: events.filters.map(({ key, values }) => ({ key, values })),
  },
  external_customer_id: events.externalCustomerId ?? '',
  window_start: events.window.start,
  window_end: events.window.end,
  measured_quantity: formatRate(storableQuantity(of.measured)),
  included_quantity: formatRate(storableQuantity(of.included)),
  billed_quantity: formatRate(storableQuantity(of.billed)),
  stretches: stretches.map(({ period, share, priceId, quantity }) => ({
    period_start: period.start,
    period_end: period.end,
    time_share: shareOf(share),
    price_id: priceId,
    measured_quantity: formatted(quantity?.measured),
    included_quantity: formatted(quantity?.included),
    billed_quantity: formatted(quantity?.billed),
  })),
});

export function toLineExplanationResponse(
  ctx: Ctx,
  { invoice, line, kind, quantity, steps, after, now, restatedBy }: LineExplanation,
  events: Omit<EventPage, 'total'> | null,
): LineExplanationResponse {
  const amount = money(line.amount, line.currency);
  const billed = { quantity: formatRate(line.quantity), amount: formatMoney(amount) };
  return {
    invoice_id: invoice.id,
    line_item_id: line.id,
    kind,
    display_name: line.displayName,
    currency: line.currency,
    ...billed,
    steps: toSteps(steps, ZERO),
    after_steps: toSteps(after, moneyToRate(amount)),
    remaining_amount: formatRate(after.reduce((sum, step) => sum.plus(step.amount), moneyToRate(amount))),
    usage: quantity === null ? null : toQuantity(quantity),
    events:
      events === null
        ? null
        : {
            items: events.events.map((event) => toEventResponse(ctx, event)),
            has_more: events.hasMore,
            next_cursor: events.hasMore ? eventKey(events.events.at(-1) as StoredEvent) : null,
          },
    changed_since_billed:
      now === null
        ? null
        : {
            billed,
            now: { quantity: formatRate(storableQuantity(now.quantity)), amount: formatMoney(now.amount) },
          },
    restated_by: restatedBy.map(({ invoiceId, lineId }) => ({
      type: isId('creditNote', lineId) ? 'credit_note' : 'invoice_line_item',
      id: lineId,
      invoice_id: invoiceId,
    })),
  };
}

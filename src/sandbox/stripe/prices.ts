import { formatDecimal, parseDecimal } from '../core/decimal.js';
import { newId } from '../core/ids.js';
import { now, type Ctx } from './context.js';
import { invalid, missingParam, noSuch } from './errors.js';
import { requireMeter } from './meters.js';
import type { Tier } from './notes.js';
import type { Price, Recurring } from './objects.js';
import type { Params } from './params.js';

export function requirePrice(ctx: Ctx, id: string, param = 'id'): Price {
  const price = ctx.account.prices.get(id);
  if (price === undefined) throw noSuch('price', id, param);
  return price;
}

interface UnitAmount {
  readonly unit_amount: number | null;
  readonly unit_amount_decimal: string | null;
}

/** Whole minor units appear as both, fractions of one as a decimal only. */
function amountOf(params: Params, whole: string, decimal: string): UnitAmount {
  const integer = params.integer(whole);
  const written = params.string(decimal);
  if (integer !== undefined && written !== undefined) {
    throw invalid(
      `You may only specify one of these parameters: ${params.nameOf(whole)}, ${params.nameOf(decimal)}.`,
      params.nameOf(decimal),
      'parameters_exclusive',
    );
  }
  if (integer !== undefined) return { unit_amount: integer, unit_amount_decimal: String(integer) };
  if (written === undefined) return { unit_amount: null, unit_amount_decimal: null };
  const value = parseDecimal(written);
  if (value === undefined) throw invalid(`Invalid decimal: ${written}`, params.nameOf(decimal));
  const shown = formatDecimal(value);
  return { unit_amount: shown.includes('.') ? null : Number(shown), unit_amount_decimal: shown };
}

function tierOf(params: Params): Tier {
  const flat = amountOf(params, 'flat_amount', 'flat_amount_decimal');
  const unit = amountOf(params, 'unit_amount', 'unit_amount_decimal');
  const upTo = params.require('up_to');
  return {
    flat_amount: flat.unit_amount,
    flat_amount_decimal: flat.unit_amount_decimal,
    ...unit,
    up_to: upTo === 'inf' ? null : Number(upTo),
  };
}

function recurringOf(ctx: Ctx, params: Params | undefined): Recurring | null {
  if (params === undefined) return null;
  const meter = params.string('meter');
  if (meter !== undefined) requireMeter(ctx, meter, params.nameOf('meter'));
  return {
    interval: params.require('interval'),
    interval_count: params.integer('interval_count') ?? 1,
    meter: meter ?? null,
    trial_period_days: params.integer('trial_period_days') ?? null,
    usage_type: params.string('usage_type') ?? 'licensed',
  };
}

/** A price that is not in the account yet. */
export function buildPrice(ctx: Ctx, productId: string, params: Params, inline: boolean): Price {
  const tiered = params.string('billing_scheme') === 'tiered';
  const unit = amountOf(params, 'unit_amount', 'unit_amount_decimal');
  const tiers = tiered ? params.objects('tiers').map(tierOf) : undefined;
  if (tiers?.length === 0) throw missingParam('tiers');
  if (!tiered && unit.unit_amount_decimal === null) throw missingParam(params.nameOf('unit_amount'));
  const recurring = recurringOf(ctx, params.object('recurring'));
  const price: Price = {
    id: newId('price_', 24),
    object: 'price',
    active: params.boolean('active') ?? true,
    billing_scheme: tiered ? 'tiered' : 'per_unit',
    created: now(ctx),
    currency: params.require('currency').toLowerCase(),
    custom_unit_amount: null,
    livemode: ctx.account.livemode,
    lookup_key: params.string('lookup_key') ?? null,
    metadata: params.metadata(),
    nickname: params.string('nickname') ?? null,
    product: productId,
    recurring,
    tax_behavior: params.string('tax_behavior') ?? 'unspecified',
    tiers_mode: tiered ? (params.string('tiers_mode') ?? 'graduated') : null,
    transform_quantity: transformOf(params.object('transform_quantity')),
    type: recurring === null ? 'one_time' : 'recurring',
    ...unit,
  };
  ctx.account.priceNotes.set(price.id, { tiers, currencyOptions: currencyOptionsOf(params), inline });
  return price;
}

/** What the price costs in other currencies. */
export function currencyOptionsOf(params: Params): Record<string, unknown> {
  const currencyOptions: Record<string, unknown> = {};
  const options = params.object('currency_options');
  for (const currency of options?.names() ?? []) {
    const option = options?.object(currency);
    if (option === undefined) continue;
    const tiers = option.objects('tiers').map(tierOf);
    currencyOptions[currency] = {
      custom_unit_amount: null,
      tax_behavior: option.string('tax_behavior') ?? 'unspecified',
      ...amountOf(option, 'unit_amount', 'unit_amount_decimal'),
      ...(tiers.length === 0 ? {} : { tiers }),
    };
  }
  return currencyOptions;
}

function transformOf(params: Params | undefined): unknown {
  return params === undefined
    ? null
    : { divide_by: params.requireInteger('divide_by'), round: params.require('round') };
}

import { newId } from '../core/ids.js';
import { formatDecimal, multiplyToInteger, parseDecimal } from '../core/decimal.js';
import { now, type Ctx } from './context.js';
import { invalid, noSuch, notPlayed } from './errors.js';
import type { InvoiceItem, Price } from './objects.js';
import type { Params } from './params.js';
import { createInlinePrice } from './price-routes.js';
import { requirePrice } from './prices.js';

export interface Worth {
  readonly amount: number;
  readonly quantity: number;
  readonly quantityDecimal: string;
  readonly price: Price | undefined;
  readonly unitAmountDecimal: string | null;
}

export function requireItem(ctx: Ctx, id: string, param = 'id'): InvoiceItem {
  const item = ctx.account.invoiceItems.get(id);
  if (item === undefined) throw noSuch('invoiceitem', id, param);
  return item;
}

/** What a line or item comes to: an amount as it is, or a unit price times a quantity, rounded once. */
export function worthOf(ctx: Ctx, params: Params, currency: string): Worth {
  for (const name of ['discounts', 'tax_rates']) {
    if (params.strings(name).length > 0 || params.objects(name).length > 0) {
      throw notPlayed(`${name} on invoice lines`, params.nameOf(name));
    }
  }
  const amount = params.integer('amount');
  const data = params.object('price_data');
  const priceId = params.object('pricing')?.string('price');
  const unit = params.string('unit_amount_decimal');
  const named = [amount, data, priceId, unit].filter((value) => value !== undefined).length;
  if (named > 1) {
    throw invalid(
      'You may only specify one of these parameters: amount, price_data, pricing, unit_amount_decimal.',
      params.nameOf('amount'),
      'parameters_exclusive',
    );
  }
  const written = params.string('quantity_decimal') ?? params.string('quantity') ?? '1';
  const quantity = parseDecimal(written);
  if (quantity === undefined || quantity < 0n) {
    throw invalid(`Invalid quantity: ${written}`, params.nameOf('quantity'), 'parameter_invalid_integer');
  }
  const quantityDecimal = formatDecimal(quantity);
  const shown = { quantity: Math.trunc(Number(quantityDecimal)), quantityDecimal };
  if (amount !== undefined) return { amount, ...shown, price: undefined, unitAmountDecimal: String(amount) };
  if (named === 0) return { amount: 0, ...shown, price: undefined, unitAmountDecimal: null };
  const price =
    data === undefined
      ? priceId === undefined
        ? undefined
        : requirePrice(ctx, priceId, params.nameOf('pricing'))
      : createInlinePrice(ctx, data);
  if (price !== undefined && price.currency !== currency) {
    throw invalid(
      `The price's currency (${price.currency}) does not match the invoice's (${currency}).`,
      params.nameOf('price_data'),
    );
  }
  if (price?.recurring !== null && price !== undefined) {
    throw invalid(
      'The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.',
    );
  }
  const unitAmountDecimal = unit ?? price?.unit_amount_decimal ?? null;
  if (unitAmountDecimal === null) throw notPlayed('tiered prices on invoice lines', params.nameOf('pricing'));
  const unitAmount = parseDecimal(unitAmountDecimal);
  if (unitAmount === undefined) {
    throw invalid(`Invalid decimal: ${unitAmountDecimal}`, params.nameOf('unit_amount_decimal'));
  }
  return { amount: multiplyToInteger(unitAmount, quantity), ...shown, price, unitAmountDecimal };
}

export function pricingOf(worth: Worth): Record<string, unknown> {
  return {
    ...(worth.price === undefined
      ? {}
      : { price_details: { price: worth.price.id, product: worth.price.product } }),
    type: 'price_details',
    unit_amount_decimal: worth.unitAmountDecimal,
  };
}

export function newItem(
  ctx: Ctx,
  from: { customer: string; currency: string; invoice: string | null; worth: Worth; params: Params },
): InvoiceItem {
  const { params, worth } = from;
  const date = now(ctx);
  const period = params.object('period');
  return {
    id: newId('ii_', 24),
    object: 'invoiceitem',
    amount: worth.amount,
    currency: from.currency,
    customer: from.customer,
    customer_account: null,
    date,
    description: params.string('description') ?? productName(ctx, worth.price),
    discountable: params.boolean('discountable') ?? worth.amount >= 0,
    discounts: [],
    invoice: from.invoice,
    livemode: ctx.account.livemode,
    metadata: params.metadata(),
    net_amount: worth.amount,
    parent: null,
    period: {
      start: period?.requireInteger('start') ?? date,
      end: period?.requireInteger('end') ?? date,
    },
    pricing: pricingOf(worth),
    proration: false,
    quantity: worth.quantity,
    quantity_decimal: worth.quantityDecimal,
    tax_rates: [],
    test_clock: null,
  };
}

function productName(ctx: Ctx, price: Price | undefined): string | null {
  return price === undefined ? null : (ctx.account.products.get(price.product)?.name ?? null);
}

import { exponentOf } from '../core/display.js';
import type { Plan } from './objects.js';

/** As objects of the newest date carry it: a decimal text in major units, with as many places as the currency has. */
export function moneyOf(amount: number, currency: string): object {
  const decimals = exponentOf(currency);
  return { amount: amount.toFixed(decimals), currency, decimals, display_decimals: decimals };
}

/** As people read it. */
export function formattedPrice(plan: Plan): string {
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: plan.currency.toUpperCase(),
    minimumFractionDigits: exponentOf(plan.currency),
  }).format(plan.initialPrice);
}

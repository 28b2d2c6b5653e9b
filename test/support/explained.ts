import { formatMoney, money } from '../../src/domain/money.js';
import { rate, Rate, ZERO } from '../../src/domain/rate.js';
import type { ApiClient } from './api-client.js';

/**
 * The explanations of all lines of an invoice. Whatever kinds they are: the steps add up to what was billed, one by one, and
 * those after it to what is left; rounding is a minor unit of the currency at most.
 */
export async function explained(api: ApiClient, invoice: any): Promise<any[]> {
  const all: any[] = [];
  for (const line of invoice.line_items) {
    const found = await api.get(`/invoices/${invoice.id}/lines/${line.id}/explanation`);
    const sums = {
      amount: sumOf(found.steps),
      running: found.steps.at(-1)?.running_amount ?? '0',
      remaining: rate(found.amount as string)
        .plus(sumOf(found.after_steps))
        .toFixed(),
      isRounding: found.steps
        .filter((step: any) => step.code === 'rounding')
        .every((step: any) =>
          rate(step.amount as string)
            .abs()
            .lessThanOrEqualTo(minorUnitOf(found.currency as string)),
        ),
    };
    const where = { line: line.display_name, steps: found.steps };
    const expected = {
      amount: rate(line.amount as string).toFixed(),
      running: line.amount,
      remaining: rate(found.remaining_amount as string).toFixed(),
      isRounding: true,
    };
    if (JSON.stringify({ ...sums, amount: sums.amount.toFixed() }) !== JSON.stringify(expected))
      throw new Error(
        `the explanation does not add up: ${JSON.stringify({ ...where, sums, expected }, null, 1)}`,
      );
    for (const step of found.steps)
      if (step.unit_amount !== null && step.code !== 'priced_before') {
        const own = rate(step.quantity as string)
          .times(step.unit_amount as string)
          .plus((step.flat_amount as string | null) ?? '0');
        if (!own.toDecimalPlaces(12).equals(rate(step.amount as string).toDecimalPlaces(12)))
          throw new Error(`a step is not its units times its price: ${JSON.stringify(step)}`);
      }
    all.push(found);
  }
  return all;
}

/** Steps of a bill that nothing has changed since: all of them say a rule. */
export async function fullyExplained(api: ApiClient, invoice: any): Promise<number> {
  const all = await explained(api, invoice);
  for (const { steps, ...found } of all) {
    const unsaid = steps.filter(({ code }: any) => code === 'as_billed' || code === 'changed_since_billed');
    if (unsaid.length > 0 || found.changed_since_billed !== null)
      throw new Error(`not all of a line is explained: ${JSON.stringify({ ...found, steps }, null, 1)}`);
  }
  return all.length;
}

const minorUnitOf = (currency: string): string => formatMoney(money(1n, currency));

const sumOf = (steps: readonly { readonly amount: string }[]): Rate =>
  steps.reduce<Rate>((sum, { amount }) => sum.plus(amount), ZERO);

import {
  changedBills,
  changedHistories,
  CHANGES_BEGIN,
  scaledAmount,
  scaledPrice,
  type ChangedHistory,
} from '../oracle/changes.js';
import type { HistoryPrice } from '../oracle/history.js';
import { startFrozenApp } from '../laws/support/frozen-app.js';
import { holds, timeoutOf } from '../laws/support/hold.js';
import { cents, World } from '../laws/support/world.js';
import { fullyExplained } from '../support/explained.js';
import type { TestApp } from '../support/test-app.js';

/** The oracle's histories of change through the whole server: each bill's subtotal, discount, tax and total. */
describe('random histories of change through the server', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startFrozenApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const check = async (history: ChangedHistory): Promise<void> => {
    const world = await World.begin(server);
    const { api } = world;
    const feature = await api.create('/features', {
      name: 'Units',
      type: 'metered',
      meter: { name: 'Units', event_name: 'unit', aggregation: { type: 'SUM', field: 'n' } },
    });
    const customer = await world.customer('customer');
    await world.send(
      history.events.map(({ at, quantity }, index) => ({
        event_name: 'unit',
        event_id: String(index),
        external_customer_id: 'customer',
        timestamp: new Date(at).toISOString(),
        properties: { n: String(quantity) },
      })),
    );
    const { id: planId } = await api.create('/plans', { name: 'Plan' });
    const price = (more: object): Promise<any> =>
      api.create('/prices', {
        entity_type: 'PLAN',
        entity_id: planId,
        billing_period: 'MONTHLY',
        price_unit_type: 'FIAT',
        currency: 'usd',
        start_date: '2020-01-01T00:00:00Z',
        ...more,
      });
    const fee = { type: 'FIXED', billing_model: 'FLAT_FEE' };
    const prices = [
      await price({
        type: 'USAGE',
        invoice_cadence: 'ARREAR',
        meter_id: feature.meter_id,
        ...modelOf(history.usage),
        ...termsOf(history.usage),
      }),
      await price({ ...fee, invoice_cadence: 'ADVANCE', amount: history.advance }),
      await price({ ...fee, invoice_cadence: 'ARREAR', amount: history.arrear }),
    ].map(({ id }) => id as string);
    if (history.tax > 0)
      await api.create('/taxes/rates', {
        name: 'VAT',
        code: 'vat',
        percentage_value: String(history.tax),
      });
    const coupons =
      history.coupon === 0
        ? []
        : [
            await api.create('/coupons', {
              name: 'Coupon',
              type: 'percentage',
              percentage_off: String(history.coupon),
              cadence: 'forever',
            }),
          ];
    const { id } = await world.subscribe(customer, { id: planId, prices: [], fees: [] }, [], {
      start_date: new Date(CHANGES_BEGIN).toISOString(),
      coupons: coupons.map((one) => one.id as string),
      tax_rate_overrides:
        history.tax === 0 ? [] : [{ tax_rate_code: 'vat', currency: 'usd', auto_apply: true }],
    });
    const steps: [number, () => Promise<unknown>][] = [
      ...history.edits.map(({ at, percent, synced }): [number, () => Promise<unknown>] => [
        at,
        async () => {
          const terms = [
            termsOf(scaledPrice(history.usage, percent)),
            { amount: scaledAmount(history.advance, percent) },
            { amount: scaledAmount(history.arrear, percent) },
          ];
          for (const [index, body] of terms.entries())
            prices[index] = (await api.put(`/prices/${prices[index]}`, body)).id as string;
          if (synced) await world.syncPrices({ id: planId, prices: [], fees: [] });
        },
      ]),
      ...history.pauses.flatMap(({ from, until }): [number, () => Promise<unknown>][] => [
        [from, () => api.post(`/subscriptions/${id}/pause`, { pause_mode: 'immediate' })],
        [until, () => api.post(`/subscriptions/${id}/resume`, { resume_mode: 'immediate' })],
      ]),
    ];
    for (const [at, step] of steps.sort(([a], [b]) => a - b)) {
      await world.clock(new Date(at).toISOString());
      await step();
    }
    await world.clock(new Date(Date.UTC(2031, history.months, 1)).toISOString());
    const billed = (await world.invoices(customer))
      .filter((one) => cents(one.subtotal as string) > 0)
      .map((one) => ({
        subtotal: String(cents(one.subtotal as string)),
        discount: String(cents(one.total_discount as string)),
        tax: String(cents(one.total_tax as string)),
        total: String(cents(one.total as string)),
      }));
    expect(sorted(billed)).toEqual(sorted(changedBills(history)));
    for (const invoice of await world.invoices(customer)) await fullyExplained(api, invoice);
  };

  it(
    'prices edited with and without a sync, and pauses, under coupons and taxes',
    async () => {
      expect(await holds('the oracle of change', changedHistories, check)).toBeGreaterThan(0);
    },
    timeoutOf(),
  );
});

const sorted = (bills: readonly object[]): string[] => bills.map((one) => JSON.stringify(one)).sort();

const modelOf = (price: HistoryPrice): object => ({
  billing_model: price.model,
  ...(price.model === 'PACKAGE'
    ? { transform_quantity: { divide_by: price.divideBy, round: price.round } }
    : {}),
  ...(price.model === 'TIERED' ? { tier_mode: price.mode } : {}),
});

const termsOf = (price: HistoryPrice): object =>
  price.model === 'TIERED'
    ? {
        tiers: price.tiers.map(({ upTo, unitAmount, flatAmount }) => ({
          up_to: upTo,
          unit_amount: unitAmount,
          flat_amount: flatAmount,
        })),
      }
    : { amount: price.amount };

import fc from 'fast-check';
import { exactMoney } from '../../src/domain/money.js';
import { rate } from '../../src/domain/rate.js';
import { BillingRun } from '../../src/billing/runs/billing-runner.service.js';
import { histories } from '../oracle/histories.js';
import type { Figures, History, HistoryCoupon, HistoryLine, UsageLine } from '../oracle/history.js';
import { oracle } from '../oracle/oracle.js';
import type { ApiClient } from '../support/api-client.js';
import { fullyExplained } from '../support/explained.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const HISTORIES = 120;
const AT_ONCE = 6;
/** Of one in so many, all lines are explained. */
const EXPLAINED = 4;
/** Later than any history ends: all of them are billed at once, in one run. */
const NOW = '2028-01-01T00:00:00Z';

/**
 * The oracle's histories through the whole server: catalogue, events, entitlements, coupons, taxes and credits over HTTP,
 * billed by the billing run, many subscriptions in a batch. Every figure is compared.
 */
describe('random histories through the server', () => {
  let server: TestApp;
  let api: ApiClient;
  let seq = 0;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    await api.post(`/environments/${server.tenant.environmentId}/clock/advance`, { to: NOW });
  });
  afterAll(async () => {
    await server.stop();
  });

  /** A coupon that takes nothing off cannot be made, and takes nothing off. */
  const couponIds = async (given: readonly HistoryCoupon[], currency: string): Promise<string[]> => {
    const ids: string[] = [];
    for (const { type, value } of given)
      if (Number(value) > 0)
        ids.push(
          (
            await api.create('/coupons', {
              name: 'C',
              type,
              cadence: 'forever',
              ...(type === 'percentage' ? { percentage_off: value } : { amount_off: value, currency }),
            })
          ).id,
        );
    return ids;
  };

  interface Made {
    readonly history: History;
    readonly subscriptionId: string;
    readonly walletId: string | undefined;
    /** By tax of the history; undefined for one of nothing, which cannot be made. */
    readonly taxes: readonly (string | undefined)[];
  }

  const make = async (history: History): Promise<Made> => {
    const { currency } = history;
    const n = ++seq;
    const start = new Date(history.start);
    const end = new Date(start);
    end.setUTCMonth(end.getUTCMonth() + history.months);
    const customer = await api.create('/customers', { external_id: `h${n}`, name: 'H', timezone: 'UTC' });
    const [balance] = history.wallets;
    const wallet =
      balance === undefined || Number(balance) === 0
        ? undefined
        : await api.post('/wallets', {
            customer_id: customer.id,
            currency,
            initial_credits_to_load: balance,
          });
    const plan = await api.create('/plans', { name: `Plan ${n}` });
    const price = {
      entity_type: 'PLAN',
      billing_period: 'MONTHLY',
      price_unit_type: 'FIAT',
      currency,
      start_date: '2018-01-01T00:00:00Z',
    };
    // A plan needs a price to be subscribed to: this one charges nothing. The others are put in line by line.
    await api.create('/prices', {
      ...price,
      entity_id: plan.id,
      type: 'FIXED',
      billing_model: 'FLAT_FEE',
      invoice_cadence: 'ARREAR',
      amount: '0',
      display_name: 'nothing',
    });
    const shelf = await api.create('/plans', { name: `Shelf ${n}` });
    const items: Record<string, unknown>[] = [];
    const lineCoupons: Record<string, string[]> = {};
    const own: Entitled[] = [];
    for (const line of history.lines) {
      const { from, until } = presence(line, start, end);
      if (from >= until) continue;
      const meterId = line.kind === 'usage' ? await meterOf(n, line, plan.id, own) : undefined;
      const { id } = await api.create('/prices', {
        ...price,
        ...termsOf(line),
        entity_id: shelf.id,
        meter_id: meterId,
      });
      items.push({
        price_id: id,
        display_name: line.key,
        start_date: from.toISOString(),
        ...(until < end ? { end_date: until.toISOString() } : {}),
        ...(line.kind === 'fixed' && line.quantity !== null ? { quantity: line.quantity } : {}),
      });
      lineCoupons[id] = await couponIds(line.coupons, currency);
    }
    const taxes = await taxCodes(n, history);
    const subscription = await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      currency,
      billing_period: 'MONTHLY',
      start_date: start.toISOString(),
      end_date: end.toISOString(),
      line_items: items,
      line_item_coupons: lineCoupons,
      coupons: await couponIds(history.coupons, currency),
      tax_rate_overrides: taxes.flatMap((code) =>
        code === undefined ? [] : [{ tax_rate_code: code, currency, auto_apply: true }],
      ),
    });
    for (const one of own)
      await api.create('/entitlements', {
        ...one,
        entity_type: 'SUBSCRIPTION',
        entity_id: subscription.id,
      });
    return { history, subscriptionId: subscription.id, walletId: wallet?.id, taxes };
  };

  /** The meter of a usage line with its events and what is included of it; what is left for the subscription goes to `own`. */
  const meterOf = async (n: number, line: UsageLine, planId: string, own: Entitled[]): Promise<string> => {
    const name = `h${n} ${line.key}`;
    const feature = await api.create('/features', {
      name,
      type: 'metered',
      meter: {
        name,
        event_name: name,
        aggregation: {
          type: 'SUM',
          field: 'value',
          ...(line.bucket === null ? {} : { bucket_size: line.bucket, group_by: 'group' }),
        },
      },
    });
    if (line.events.length > 0)
      await api.expect(202, 'POST', '/events/bulk', {
        events: line.events.map(({ at, quantity, group }, index) => ({
          event_name: name,
          event_id: `${name} ${index}`,
          external_customer_id: `h${n}`,
          timestamp: at,
          properties: { value: quantity, group },
        })),
      });
    if (line.quota !== null) {
      const [first, ...others] = line.quota.sources;
      const entitled = (sources: readonly { limit: number | null; enabled: boolean }[]): Entitled => {
        const enabled = sources.filter((source) => source.enabled);
        const unlimited = enabled.some(({ limit }) => limit === null);
        return {
          feature_id: feature.id,
          feature_type: 'metered',
          is_enabled: enabled.length > 0,
          usage_reset_period: line.quota!.reset,
          ...(unlimited ? {} : { usage_limit: enabled.reduce((sum, { limit }) => sum + (limit ?? 0), 0) }),
        };
      };
      await api.create('/entitlements', { ...entitled([first!]), entity_type: 'PLAN', entity_id: planId });
      // An entity has one entitlement to a feature: the other sources together are the subscription's.
      if (others.length > 0) own.push(entitled(others));
    }
    return feature.meter_id;
  };

  const taxCodes = async (n: number, { taxes }: History): Promise<(string | undefined)[]> => {
    const codes: (string | undefined)[] = [];
    for (const [index, { type, value }] of taxes.entries()) {
      const code = Number(value) > 0 ? `h${n}-${index}` : undefined;
      codes.push(code);
      if (code !== undefined)
        await api.create('/taxes/rates', {
          name: code,
          code,
          ...(type === 'percentage' ? { percentage_value: value } : { fixed_value: value }),
        });
    }
    return codes;
  };

  /** The figures as the oracle writes them. An invoice for nothing at the start is none. */
  const billed = async ({ history, subscriptionId, walletId, taxes }: Made): Promise<Figures> => {
    const { currency } = history;
    const minor = (text: string): string => String(exactMoney(rate(text), currency)!.amount);
    const { items } = await api.post('/invoices/search', { subscription_id: subscriptionId, limit: 1000 });
    const ordered = items.sort((a: any, b: any) => a.billing_sequence - b.billing_sequence);
    return {
      invoices: ordered.map((invoice: any) => ({
        status: invoice.invoice_status,
        lines: invoice.line_items
          .filter((line: any) => line.display_name !== 'nothing')
          .map((line: any) => ({
            key: line.display_name,
            quantity: line.quantity,
            free: line.adjusted_entitlement_quantity ?? '0',
            amount: minor(line.amount),
            lineDiscount: minor(line.line_item_discount),
            invoiceDiscount: minor(line.invoice_level_discount),
            credits: minor(line.prepaid_credits_applied),
          })),
        subtotal: minor(invoice.subtotal),
        discount: minor(invoice.total_discount),
        credits: minor(invoice.total_prepaid_credits_applied),
        taxes: taxes.map((code) => {
          const own = invoice.taxes.find((one: any) => one.tax_rate.code === code);
          return own === undefined ? '0' : minor(own.tax_amount);
        }),
        tax: minor(invoice.total_tax),
        total: minor(invoice.total),
      })),
      walletsLeft:
        walletId === undefined ? history.wallets : [(await api.get(`/wallets/${walletId}`)).balance],
    };
  };

  const explainedLines = async (subscriptionId: string): Promise<number> => {
    const { items } = await api.post('/invoices/search', { subscription_id: subscriptionId, limit: 1000 });
    let lines = 0;
    for (const invoice of items) lines += await fullyExplained(api, invoice);
    return lines;
  };

  const expectedOf = (history: History): Figures => {
    const figures = oracle(history);
    const [first, ...others] = figures.invoices;
    return { ...figures, invoices: first!.lines.length === 0 ? others : [first!, ...others] };
  };

  it(`agree with the oracle on every figure of ${HISTORIES}`, async () => {
    const sample = fc
      .sample(histories, { numRuns: HISTORIES, seed: 20_28 })
      // A customer has one prepaid wallet of a currency.
      .map((history) => ({ ...history, wallets: history.wallets.slice(0, 1) }));
    const made: Made[] = [];
    const waiting = [...sample];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) made.push(await make(next));
      }),
    );
    await server.app.get(BillingRun, { strict: false }).run({
      scope: { tenantId: server.tenant.tenantId, environmentId: server.tenant.environmentId },
      actor: 'test',
      requestId: 'test',
    });
    expect(made).toHaveLength(HISTORIES);
    const met = { discounts: 0, credits: 0, taxes: 0, free: 0, explained: 0 };
    for (const [index, one] of made.entries()) {
      const figures = await billed(one);
      expect({ history: one.history, figures }).toEqual({
        history: one.history,
        figures: expectedOf(one.history),
      });
      if (index % EXPLAINED === 0) met.explained += await explainedLines(one.subscriptionId);
      for (const invoice of figures.invoices) {
        met.discounts += Number(invoice.discount !== '0');
        met.credits += Number(invoice.credits !== '0');
        met.taxes += Number(invoice.tax !== '0');
        met.free += Number(invoice.lines.some(({ free }) => free !== '0'));
      }
    }
    for (const [what, count] of Object.entries(met)) expect([what, count > 10]).toEqual([what, true]);
  }, 300_000);
});

type Entitled = Record<string, unknown>;

const presence = (line: HistoryLine, start: Date, end: Date): { from: Date; until: Date } => {
  const from = line.kind === 'fixed' && line.from !== null ? new Date(line.from) : start;
  const until = line.kind === 'fixed' && line.until !== null ? new Date(line.until) : end;
  return { from: from < start ? start : from, until: until > end ? end : until };
};

function termsOf(line: HistoryLine): Record<string, unknown> {
  const { price } = line;
  return {
    type: line.kind === 'fixed' ? 'FIXED' : 'USAGE',
    invoice_cadence: line.kind === 'fixed' ? line.cadence : 'ARREAR',
    billing_model: price.model,
    ...(price.model === 'TIERED'
      ? {
          tier_mode: price.mode,
          tiers: price.tiers.map((tier) => ({
            up_to: tier.upTo,
            unit_amount: tier.unitAmount,
            flat_amount: tier.flatAmount,
          })),
        }
      : { amount: price.amount }),
    ...(price.model === 'PACKAGE'
      ? { transform_quantity: { divide_by: price.divideBy, round: price.round } }
      : {}),
    ...(line.kind === 'fixed' && line.minQuantity !== null ? { min_quantity: line.minQuantity } : {}),
  };
}

import { PROVIDER_OPTIONS } from '../../src/providers/providers.service.js';
import type { FaultRule } from '../../src/sandbox/index.js';
import { eventually } from './eventually.js';
import type { AnyRoad, Road } from './road.js';

/** What the road must end with, in the provider's words. */
export interface Ending {
  readonly status: 'open' | 'paid';
  /** The remote total, in Stripe's minor units or Whop's major ones. */
  readonly total: number;
  readonly lines: number;
}

/** How long the servers of this test wait for a provider. Must be far shorter than the delays that are arranged. */
export function setProviderTimeout(road: Road, timeoutMs: number): void {
  Object.assign(road.server.app.get<object>(PROVIDER_OPTIONS, { strict: false }), { timeoutMs });
}

export const stripeInvoicesOf = (road: AnyRoad, invoiceId: string): any[] =>
  (road.sandbox.stripe.objects('invoices') as any[]).filter(
    (one) => one.metadata.flexprice_invoice_id === invoiceId,
  );

/** Whop's invoices carry our id in the notes of the plan that each makes for itself. */
export function whopInvoicesOf(road: AnyRoad, invoiceId: string): any[] {
  const plans = (road.sandbox.whop.objects('plans') as any[]).filter(
    (one) => one.internal_notes === invoiceId,
  );
  return (road.sandbox.whop.objects('invoices') as any[])
    .filter((one) => plans.some((plan) => plan.id === one.current_plan.id))
    .map((one) => ({ ...one, plan: plans.find((plan) => plan.id === one.current_plan.id) }));
}

/** All lines of a Stripe invoice; the object itself shows its first few. */
export async function stripeLinesOf(road: AnyRoad, secretKey: string, remoteId: string): Promise<any[]> {
  const lines: any[] = [];
  for (;;) {
    const after = lines.length === 0 ? '' : `&starting_after=${lines.at(-1).id}`;
    const page = await stripeApi(road, secretKey, 'GET', `/v1/invoices/${remoteId}/lines?limit=100${after}`);
    lines.push(...page.data);
    if (page.has_more !== true) return lines;
  }
}

/** A call to the played Stripe beside ours: what a person does in the dashboard. */
export async function stripeApi(
  road: AnyRoad,
  secretKey: string,
  method: string,
  path: string,
  form: Record<string, string> = {},
): Promise<any> {
  const response = await fetch(road.sandbox.stripe.url + path, {
    method,
    headers: { authorization: `Bearer ${secretKey}` },
    ...(method === 'GET' ? {} : { body: new URLSearchParams(form) }),
  });
  const body = (await response.json()) as any;
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(body)}`);
  return body;
}

/** Runs `work` with a misfortune arranged, and fails when it never struck: then nothing was tested. */
export async function struckBy<T>(
  provider: AnyRoad['sandbox']['stripe'] | AnyRoad['sandbox']['whop'],
  rules: readonly FaultRule[],
  work: () => Promise<T>,
): Promise<T> {
  const arranged = rules.map((rule) => provider.fault(rule).id);
  try {
    const result = await work();
    for (const id of arranged)
      expect(provider.faults().find((fault) => fault.id === id)?.struck).toBeGreaterThan(0);
    return result;
  } finally {
    for (const id of arranged) provider.clearFaults(id);
  }
}

/** Arranges a misfortune, and answers how to wait until it has struck: the provider has seen the request that it is for. */
export function arrange(provider: AnyRoad['sandbox']['stripe'], rule: FaultRule): () => Promise<unknown> {
  const { id } = provider.fault(rule);
  return () =>
    eventually('the fault has struck', () =>
      Promise.resolve(provider.faults().some((fault) => fault.id === id && fault.struck > 0)),
    );
}

/** No event waits, is retried or was given up. */
export async function webhooksHandled(road: AnyRoad): Promise<void> {
  await road.sandbox.stripe.settle();
  await road.sandbox.whop.settle();
  await eventually('webhooks handled', async () => {
    const left = await road.api.get('/integrations/webhook-events?state=received,retrying&limit=1000');
    expect(left.items).toEqual([]);
    return true;
  });
  const { items } = await road.api.get('/integrations/webhook-events?state=parked&limit=1000');
  expect(items).toEqual([]);
}

/** Exactly one finalized remote invoice with our id, complete; our books say the same, once. */
export async function expectWhole(
  road: AnyRoad,
  provider: 'stripe' | 'whop',
  invoiceId: string,
  ending: Ending,
  secretKey = '',
): Promise<any> {
  const operations = await road.settled(invoiceId);
  expect(operations.map((one) => `${one.action} ${one.state}`)).not.toContain('push failed');
  await webhooksHandled(road);
  const remote =
    provider === 'stripe'
      ? await expectStripeWhole(road, secretKey, invoiceId, ending)
      : expectWhopWhole(road, invoiceId, ending);
  const invoice = await road.api.get(`/invoices/${invoiceId}`);
  expect(invoice.metadata[`${provider}_invoice_id`]).toBe(remote.id);
  const { items: payments } = await road.api.get(`/payments?destination_id=${invoiceId}`);
  if (ending.status === 'paid') {
    expect(invoice).toMatchObject({
      payment_status: 'SUCCEEDED',
      amount_paid: invoice.total,
      amount_remaining: '0',
      overpaid_amount: '0',
    });
    expect(payments).toMatchObject([{ payment_status: 'SUCCEEDED', amount: invoice.total }]);
  } else {
    expect(invoice).toMatchObject({ payment_status: 'PENDING', amount_paid: '0', overpaid_amount: '0' });
    expect(payments).toEqual([]);
  }
  return remote;
}

async function expectStripeWhole(
  road: AnyRoad,
  secretKey: string,
  invoiceId: string,
  { status, total, lines: count }: Ending,
): Promise<any> {
  const remotes = stripeInvoicesOf(road, invoiceId);
  expect(remotes.map((one) => one.status)).toEqual([status]);
  const [remote] = remotes;
  expect(remote).toMatchObject({
    total,
    amount_paid: status === 'paid' ? total : 0,
    number: expect.any(String),
  });
  const lines = await stripeLinesOf(road, secretKey, remote.id as string);
  expect(lines).toHaveLength(count);
  expect(lines.reduce((sum: number, line: any) => sum + Number(line.amount), 0)).toBe(total);
  return remote;
}

/** A second one that was made by a lost request and made void since does no harm: nobody can pay it. */
function expectWhopWhole(road: AnyRoad, invoiceId: string, { status, total }: Ending): any {
  const standing = whopInvoicesOf(road, invoiceId).filter((one) => one.status !== 'void');
  expect(standing.map((one) => one.status)).toEqual([status]);
  expect(standing[0].plan.initial_price).toBe(total);
  return standing[0];
}

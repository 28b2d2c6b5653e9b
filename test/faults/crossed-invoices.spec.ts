import { Crashes } from '../support/crossings/crashes.js';
import { stripeInvoicesOf, webhooksHandled, whopInvoicesOf } from '../support/faults.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { TRANSPORTS } from '../support/test-app.js';

/** Something happens to an invoice here while its push is unfinished, or after: what is asked for there is what is owed. */
describe.each(TRANSPORTS)('invoices that change while they are pushed, jobs by %s', (transport) => {
  let road: Road;
  let crashes: Crashes;
  let customerId: string;

  beforeAll(async () => {
    road = await Road.start({ transport });
    crashes = new Crashes(road);
    customerId = (await road.customer('crossed')).id as string;
  });
  afterAll(async () => {
    await road.stop();
  });

  const payPart = (invoiceId: string, amount: string) =>
    road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoiceId,
      payment_method_type: 'OFFLINE',
      amount,
      currency: 'usd',
    });
  const payable = (remotes: readonly any[]): any[] =>
    remotes.filter((one) => ['open', 'past_due', 'uncollectible'].includes(one.status as string));

  describe('Stripe', () => {
    beforeAll(async () => {
      const { connection } = await road.connectStripe();
      stripe = connection.id as string;
    });
    afterAll(() => road.api.send('DELETE', `/connections/${stripe}`));
    let stripe: string;

    /** Stripe cannot send it for a while, and something happens. */
    const midPush = async (happens: (id: string) => Promise<unknown>): Promise<string> => {
      const path = '/v1/invoices/{id}/send';
      const { id: fault } = road.sandbox.stripe.fault({
        method: 'POST',
        path,
        mode: 'error',
        status: 503,
        times: null,
      });
      const { id } = await road.invoice(customerId, [{ amount: '30.00' }]);
      await eventually('the draft is known by its webhook', async () => {
        const { items } = await road.api.get(`/integrations/mappings?entity_type=invoice&entity_id=${id}`);
        return items.some((one: any) => one.provider_entity_id !== null);
      });
      await happens(id as string);
      await webhooksHandled(road);
      road.sandbox.stripe.clearFaults(fault);
      await road.settled(id as string);
      await webhooksHandled(road);
      return id as string;
    };

    it('midpush-void: nothing is left to be paid, and the push says why', async () => {
      const id = await midPush((invoiceId) => road.api.send('POST', `/invoices/${invoiceId}/void`));
      expect(payable(stripeInvoicesOf(road, id))).toEqual([]);
      const [push, voided] = await road.operationsOf(id);
      expect(push).toMatchObject({
        action: 'push',
        state: 'skipped',
        reason: 'the invoice is VOIDED: what was begun has been taken back',
      });
      expect(voided).toMatchObject({ action: 'void', state: 'skipped' });
    });

    it('midpush-void, with a part paid: Stripe asks for the rest', async () => {
      const id = await midPush((invoiceId) => payPart(invoiceId, '12.00'));
      const remotes = payable(stripeInvoicesOf(road, id));
      expect(remotes).toMatchObject([{ status: 'open', amount_remaining: 1800 }]);
      expect(await road.submit(remotes[0].hosted_invoice_url as string)).toBe(303);
      expect(await road.paid(id)).toMatchObject({ amount_paid: '30', overpaid_amount: '0' });
    });

    it('midpush-void, all paid elsewhere: nothing is left to be paid', async () => {
      const id = await midPush((invoiceId) => payPart(invoiceId, '30.00'));
      expect(payable(stripeInvoicesOf(road, id))).toEqual([]);
      expect(await road.api.get(`/invoices/${id}`)).toMatchObject({
        amount_paid: '30',
        overpaid_amount: '0',
      });
    });

    it('what waits for a push that is far off lets it be tried at once', async () => {
      const path = '/v1/invoices/{id}/send';
      const { id: fault } = road.sandbox.stripe.fault({
        method: 'POST',
        path,
        mode: 'error',
        status: 503,
        times: null,
      });
      const { id } = await road.invoice(customerId, [{ amount: '30.00' }]);
      await eventually('tried', async () => (await road.operationsOf(id as string))[0]?.state === 'retrying');
      road.sandbox.stripe.clearFaults(fault);
      const far = `now() + interval '1 hour'`;
      await road.server.database.query(
        `UPDATE sync_operations SET next_try_at = ${far} WHERE entity_id = $1`,
        [id],
      );
      await road.server.database.query(
        `UPDATE jobs SET run_at = ${far} WHERE key = (SELECT id FROM sync_operations WHERE entity_id = $1)`,
        [id],
      );
      await road.api.send('POST', `/invoices/${id}/void`);
      await road.settled(id as string);
      expect(payable(stripeInvoicesOf(road, id as string))).toEqual([]);
    });

    it('zombie: a worker that was frozen in its call records nothing when it wakes up', async () => {
      const sleeper = crashes.arrange('sleeps before it records', ({ action }) => action === 'push');
      const { id } = await road.invoice(customerId, [{ amount: '30.00' }]);
      await eventually('frozen', () => Promise.resolve(sleeper.struck()));
      const frozen = `now() - interval '121 seconds'`;
      await road.server.database.query(
        `UPDATE sync_operations SET last_tried_at = ${frozen} WHERE entity_id = $1`,
        [id],
      );
      const [{ id: operationId }] = await road.operationsOf(id as string);
      const { items } = await road.api.get(`/jobs?state=running&kind=sync.run`);
      expect(items.map((one: any) => one.key)).toContain(operationId);
      await road.server.database.query(
        `UPDATE jobs SET lease_until = now() - interval '1 second', announced_at = NULL WHERE key = $1`,
        [operationId],
      );
      await eventually('taken over', async () => {
        const [{ attempts }] = await road.operationsOf(id as string);
        return attempts > 1;
      });
      const [operation] = await road.settled(id as string);
      await eventually('all jobs are done', async () => {
        const left = await road.api.get(`/jobs?state=queued,running&kind=sync.run`);
        return left.items.length === 0;
      });
      await sleeper.wake();
      sleeper.remove();
      expect((await road.operationsOf(id as string))[0]).toEqual(operation);
      expect(operation.state).toBe('succeeded');
      expect(stripeInvoicesOf(road, id as string)).toMatchObject([{ status: 'open', total: 3000 }]);
    });
  });

  describe('Whop', () => {
    let whop: string;
    beforeAll(async () => {
      whop = (await road.connectWhop()).connection.id as string;
    });
    afterAll(() => road.api.send('DELETE', `/connections/${whop}`));

    it('case 13: a part paid here makes Whop ask for the rest, by another invoice', async () => {
      const { id } = await road.invoice(customerId, [{ amount: '50.00' }]);
      await road.settled(id as string);
      const before = await road.api.get(`/invoices/${id}`);
      await payPart(id as string, '20.00');
      const operations = await road.settled(id as string);
      await webhooksHandled(road);
      expect(operations.map(({ action, state }) => `${action} ${state}`)).toContain('settle_part succeeded');
      const remotes = whopInvoicesOf(road, id as string);
      expect(remotes.map((one) => [one.status, one.plan.initial_price]).sort()).toEqual([
        ['open', 30],
        ['void', 50],
      ]);
      const after = await road.api.get(`/invoices/${id}`);
      const open = remotes.find((one) => one.status === 'open');
      expect(after.metadata.whop_invoice_id).toBe(open.id);
      expect(after.metadata.whop_checkout_url).not.toBe(before.metadata.whop_checkout_url);
      expect(after.invoice_status).toBe('FINALIZED');
      expect(await road.submit(before.metadata.whop_checkout_url as string)).not.toBe(303);
      expect(await road.submit(after.metadata.whop_checkout_url as string)).toBe(303);
      expect(await road.paid(id as string)).toMatchObject({ amount_paid: '50', overpaid_amount: '0' });
    });

    it('case 13, part by part, and what went back: it is made anew only when it asks for too much', async () => {
      const { id } = await road.invoice(customerId, [{ amount: '50.00' }]);
      await road.settled(id as string);
      for (const amount of ['20.00', '5.00']) {
        await payPart(id as string, amount);
        await road.settled(id as string);
      }
      const asks = () => payable(whopInvoicesOf(road, id as string)).map((one) => one.plan.initial_price);
      expect(asks()).toEqual([25]);
      expect(whopInvoicesOf(road, id as string)).toHaveLength(3);
      await payPart(id as string, '25.00');
      await road.settled(id as string);
      expect(asks()).toEqual([]);
      await webhooksHandled(road);
      expect(await road.api.get(`/invoices/${id}`)).toMatchObject({
        amount_paid: '50',
        overpaid_amount: '0',
      });
    });

    it('what is paid there just before it is made void is money for our invoice', async () => {
      const { id } = await road.invoice(customerId, [{ amount: '50.00' }]);
      await road.settled(id as string);
      const page = (await road.api.get(`/invoices/${id}`)).metadata.whop_checkout_url as string;
      const path = '/api/v1/invoices/{id}/void';
      const { id: fault } = road.sandbox.whop.fault({
        method: 'POST',
        path,
        mode: 'error',
        status: 503,
        times: null,
      });
      await payPart(id as string, '20.00');
      await eventually('it is tried', () =>
        Promise.resolve(road.sandbox.whop.faults().some((one) => one.id === fault && one.struck > 0)),
      );
      expect(await road.submit(page)).toBe(303);
      road.sandbox.whop.clearFaults(fault);
      await road.settled(id as string);
      await webhooksHandled(road);
      expect(payable(whopInvoicesOf(road, id as string))).toEqual([]);
      expect(await road.api.get(`/invoices/${id}`)).toMatchObject({
        amount_paid: '70',
        overpaid_amount: '20',
      });
    });
  });
});

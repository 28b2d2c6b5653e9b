import { Column, DataSource, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { Billing, BillingError, type BillingScope } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { CHARGE_FAILS_CARD, Road } from '../support/road.js';

@Entity('orders')
class Order {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  invoice!: string;
}

/** `docs/guides/embed-in-nest.md`: what the routes do, called by the host's code, in its transactions too. */
describe('billing called by the code of a host', () => {
  let road: Road;
  let billing: Billing;
  let scope: BillingScope;
  let shop: DataSource;
  let made = 0;
  beforeAll(async () => {
    // Nothing is swept up: what happens after a commit happens because of it.
    road = await Road.start({ worker: { sweepEveryMs: 3_600_000 } });
    await road.connectStripe();
    billing = road.server.app.get(Billing, { strict: false });
    scope = { ...road.server.tenant, actor: 'shop' };
    // The host's own: it knows nothing of our tables.
    shop = await new DataSource({
      type: 'postgres',
      url: road.server.database.url,
      schema: 'public',
      entities: [Order],
      synchronize: true,
    }).initialize();
  });
  afterAll(async () => {
    await shop.destroy();
    await road.stop();
  });

  const customer = (manager?: EntityManager) => {
    made += 1;
    const input = { external_id: `guest-${made}`, name: 'Guest', email: `g${made}@shop.test` };
    return billing.createCustomer(scope, input, manager && { manager });
  };
  const invoiceInput = (customerId: string, amount = '25') => ({
    customer_id: customerId,
    currency: 'usd',
    amount_due: amount,
    line_items: [{ display_name: 'Work', amount, quantity: '1' }],
  });
  const refusal = (work: Promise<unknown>): Promise<BillingError> =>
    work.then(
      () => {
        throw new Error('was not refused');
      },
      (error: unknown) => {
        expect(error).toBeInstanceOf(BillingError);
        return error as BillingError;
      },
    );

  it('does what the routes do, with their bodies and answers', async () => {
    const { id: customerId, created_by } = await customer();
    expect(created_by).toBe('shop');
    const plan = await billing.createPlan(scope, { name: 'Pro' });
    await billing.createPrice(scope, {
      entity_type: 'PLAN',
      entity_id: plan.id,
      type: 'FIXED',
      amount: '10',
      currency: 'usd',
      billing_period: 'MONTHLY',
      billing_period_count: 1,
      billing_model: 'FLAT_FEE',
      billing_cadence: 'RECURRING',
      invoice_cadence: 'ADVANCE',
    });
    const subscription = await billing.createSubscription(scope, {
      customer_id: customerId,
      plan_id: plan.id,
      currency: 'usd',
      billing_period: 'MONTHLY',
      billing_period_count: 1,
      billing_cadence: 'RECURRING',
    });
    expect(subscription.latest_invoice).toMatchObject({ invoice_status: 'FINALIZED', amount_due: '10' });
    const eventId = await billing.ingestEvent(scope, {
      event_name: 'call',
      external_customer_id: `guest-${made}`,
    });
    expect(await road.api.get(`/events/${eventId}`)).toMatchObject({ status: 'processed' });
    const draft = await billing.createInvoice(scope, invoiceInput(customerId));
    expect(draft.invoice_status).toBe('DRAFT');
    const invoice = await billing.finalizeInvoice(scope, draft.id!);
    expect(invoice).toMatchObject({ invoice_status: 'FINALIZED', amount_remaining: '25' });
    expect((await billing.invoicePdf(scope, invoice.id!)).subarray(0, 5).toString()).toBe('%PDF-');
    await billing.recordPayment(scope, invoice.id!, { amount: '5' });
    await billing.recordPayment(scope, invoice.id!);
    expect(await billing.getInvoice(scope, invoice.id!)).toMatchObject({ payment_status: 'SUCCEEDED' });
  });

  it('refuses as they do', async () => {
    const wrong = await refusal(
      billing.createCustomer(scope, { external_id: '', name: 7 } as unknown as {
        external_id: string;
        name: string;
      }),
    );
    expect(wrong).toMatchObject({ kind: 'validation_error' });
    expect(Object.keys(wrong.details.fields as object).sort()).toEqual(['external_id', 'name']);
    expect(await refusal(billing.getInvoice(scope, 'inv_nobody'))).toMatchObject({ kind: 'not_found' });
    const { external_id } = await customer();
    expect(
      await refusal(billing.createCustomer(scope, { external_id: external_id, name: 'Again' })),
    ).toMatchObject({ kind: 'already_exists' });
    expect(
      await refusal(
        billing.createCustomer({ tenantId: 'x', environmentId: 'y; DROP' }, invoiceInput('c') as never),
      ),
    ).toBeInstanceOf(BillingError);
  });

  describe('in a transaction of the host', () => {
    const counts = async (): Promise<Record<string, number>> => {
      const [row] = await road.server.database.query(
        `SELECT (SELECT count(*)::int FROM billing.customers) AS customers,
                (SELECT count(*)::int FROM billing.invoices) AS invoices,
                (SELECT count(*)::int FROM billing.jobs) AS jobs,
                (SELECT count(*)::int FROM billing.outbox_events) AS events,
                (SELECT count(*)::int FROM public.orders) AS orders`,
      );
      return row as Record<string, number>;
    };
    const order = async (manager: EntityManager, id: string): Promise<string> => {
      const { id: customerId } = await customer(manager);
      const draft = await billing.createInvoice(scope, invoiceInput(customerId), { manager });
      const invoice = await billing.finalizeInvoice(scope, draft.id!, { manager });
      await billing.ingestEvent(
        scope,
        { event_name: 'ordered', external_customer_id: `guest-${made}`, event_id: `ordered-${id}` },
        { manager },
      );
      await manager.insert(Order, { id, invoice: invoice.id! });
      return invoice.id!;
    };

    it('leaves nothing of what was rolled back', async () => {
      // Until nothing follows any more from what was done before.
      let before = await counts();
      await eventually('quiet', async () => {
        const [{ left }] = (await road.server.database.query(
          `SELECT (SELECT count(*) FROM billing.jobs WHERE state IN ('queued', 'running') AND run_at < now() + interval '1 minute')
                + (SELECT count(*) FROM billing.outbox_events WHERE relayed_at IS NULL) AS left`,
        )) as [{ left: string }];
        const last = before;
        before = await counts();
        return left === '0' && JSON.stringify(last) === JSON.stringify(before);
      });
      await expect(
        shop.transaction(async (manager) => {
          await order(manager, 'o1');
          throw new Error('the host has thought better of it');
        }),
      ).rejects.toThrow('the host has thought better of it');
      expect(await counts()).toEqual(before);
    });

    it('is there with the host’s commit, and what follows from it follows at once', async () => {
      const seen: unknown[] = [];
      const invoiceId = await shop.transaction(async (manager) => {
        const id = await order(manager, 'o2');
        // Nobody sees it yet, and the host's settings are as they were.
        seen.push((await road.api.send('GET', `/invoices/${id}`)).status);
        seen.push(
          ...(await manager.query(
            `SELECT current_user = session_user AS own, current_setting('search_path') AS path`,
          )),
        );
        return id;
      });
      expect(seen).toEqual([404, { own: true, path: expect.stringContaining('public') }]);
      expect(await road.api.get(`/invoices/${invoiceId}`)).toMatchObject({
        invoice_status: 'FINALIZED',
        created_by: 'shop',
      });
      expect(await shop.getRepository(Order).countBy({ invoice: invoiceId })).toBe(1);
      await eventually('pushed to the provider', async () => {
        const { metadata } = await road.api.get(`/invoices/${invoiceId}`);
        return metadata.stripe_invoice_id !== undefined;
      });
      await eventually(
        'event stored',
        async () => (await road.api.send('GET', '/events/ordered-o2')).status === 200,
      );
    });

    it('takes back a call that fails, and lets the host go on', async () => {
      const invoiceId = await shop.transaction(async (manager) => {
        const id = await order(manager, 'o3');
        const failed = await refusal(billing.finalizeInvoice(scope, id, { manager }));
        expect(failed.kind).toBe('invalid_operation');
        expect(await refusal(billing.getInvoice(scope, 'inv_nobody', { manager }))).toMatchObject({
          kind: 'not_found',
        });
        await billing.recordPayment(scope, id, { amount: '5' }, { manager });
        return id;
      });
      expect(await road.api.get(`/invoices/${invoiceId}`)).toMatchObject({ amount_paid: '5' });
    });

    it('works in a savepoint of the host', async () => {
      const kept = await shop.transaction(async (manager) => {
        const { id } = await customer(manager);
        await manager
          .transaction(async (inner) => {
            await customer(inner);
            throw new Error('only this');
          })
          .catch(() => undefined);
        return id;
      });
      expect(await road.api.get(`/customers/${kept}`)).toMatchObject({ external_id: `guest-${made - 1}` });
      expect((await road.api.send('GET', `/customers/external/guest-${made}`)).status).toBe(404);
    });

    it('charges a card after the commit, and never before', async () => {
      const debtor = await customer();
      await road.saveCard(debtor.id);
      const draft = await billing.createInvoice(scope, invoiceInput(debtor.id, '31'));
      const intents = () =>
        (road.sandbox.stripe.objects('payment_intents') as any[]).filter(({ amount }) => amount === 3100);
      const pay = (manager: EntityManager) =>
        billing.chargeInvoice(scope, draft.id!, { idempotencyKey: 'order-31' }, { manager });
      // Not through the provider: a card is charged for what it does not collect itself.
      await road.server.database.query(
        `UPDATE billing.connections SET sync_config = sync_config || '{"invoice":{"inbound":false,"outbound":false}}'`,
      );
      await billing.finalizeInvoice(scope, draft.id!);
      await expect(
        shop.transaction(async (manager) => {
          expect((await pay(manager)).payment_status).toBe('PROCESSING');
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      expect(intents()).toEqual([]);
      const { id } = await shop.transaction(async (manager) => {
        const payment = await pay(manager);
        expect(intents()).toEqual([]);
        return payment;
      });
      await eventually(
        'charged',
        async () => (await road.api.get(`/payments/${id}`)).payment_status === 'SUCCEEDED',
      );
      expect(intents()).toHaveLength(1);
    });

    it('throws a decline where no transaction waits for it', async () => {
      const debtor = await customer();
      await road.saveCard(debtor.id, CHARGE_FAILS_CARD);
      const draft = await billing.createInvoice(scope, invoiceInput(debtor.id, '32'));
      await billing.finalizeInvoice(scope, draft.id!);
      const declined = await refusal(billing.chargeInvoice(scope, draft.id!));
      expect(declined).toMatchObject({ kind: 'invalid_operation', code: 'card_declined' });
    });

    it('refuses a manager that has no transaction', async () => {
      expect(await refusal(customer(shop.manager))).toMatchObject({ code: 'no_transaction' });
    });
  });
});

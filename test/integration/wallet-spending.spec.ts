import fc from 'fast-check';
import { money, type Money } from '../../src/domain/money.js';
import type { Purse } from '../../src/domain/wallets/ledger.js';
import type { Ctx } from '../../src/platform/context.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { WalletSpending } from '../../src/wallets/wallet-spending.service.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What the invoices' and the payments' houses ask of wallets. */
describe('spending credits', () => {
  let server: TestApp;
  let api: TestApp['api'];
  let spending: WalletSpending;
  let seq = 0;
  beforeAll(async () => {
    server = await startTestApp();
    api = server.api;
    spending = server.app.get(WalletSpending, { strict: false });
  });
  afterAll(async () => {
    await server.stop();
  });

  const within = <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> =>
    server.app.get(UnitOfWork, { strict: false }).run(
      {
        scope: { tenantId: server.tenant.tenantId, environmentId: server.tenant.environmentId },
        actor: 'system',
        requestId: 'test',
      },
      work,
    );
  const usd = (cents: number) => money(BigInt(cents), 'usd');
  const allowed = (amount: Money): ReadonlyMap<Purse, Money> => new Map([['allowed', amount]]);
  const customer = (): Promise<any> =>
    api.create('/customers', { external_id: `ws-${++seq}`, name: `Customer ${seq}` });
  const wallet = async (more: Record<string, unknown> = {}): Promise<any> =>
    api.post('/wallets', {
      customer_id: (await customer()).id,
      currency: 'usd',
      initial_credits_to_load: '100',
      ...more,
    });
  const transactions = async (id: string): Promise<any[]> =>
    (await api.get(`/wallets/${id}/transactions?order=asc&limit=1000`)).items;
  const balance = async (id: string): Promise<string> => (await api.get(`/wallets/${id}`)).credit_balance;
  const list = (asOf: Date | undefined, ...ids: string[]): Promise<[string, [string, string][]][]> =>
    within(async (ctx) => {
      const found = await spending.listSpendable(
        ctx,
        'usd',
        ids.map((customerId) => ({ customerId, asOf: asOf ?? ctx.now, usedFrom: null })),
        { lock: true },
      );
      return [...found].map(([id, credits]) => [
        id,
        credits.map((one) => [one.walletId, one.amount.toFixed()]),
      ]);
    });

  it('lists what many customers can spend: prepaid, active, of that currency, in money', async () => {
    const one = await wallet({ conversion_rate: '0.5' });
    const two = await wallet();
    const closed = await wallet();
    await api.post(`/wallets/${closed.id}/terminate`);
    const empty = await wallet({ initial_credits_to_load: '0' });
    await wallet({ customer_id: two.customer_id, wallet_type: 'POST_PAID' });
    await wallet({ customer_id: two.customer_id, currency: 'eur' });
    const ids = [one, two, closed, empty].map((row) => row.customer_id);
    expect(new Map(await list(undefined, ...ids))).toEqual(
      new Map([
        [one.customer_id, [[one.id, '50']]],
        [two.customer_id, [[two.id, '100']]],
      ]),
    );
    expect(await list(undefined)).toEqual([]);
  });

  it('lets what a period was granted pay for that period, billed at its end or later, and for no other', async () => {
    const mine = await wallet({ initial_credits_to_load: '0' });
    const end = new Date(Date.now() + 30 * DAY);
    await api.post(`/wallets/${mine.id}/top-up`, {
      transaction_reason: 'FREE_CREDIT_GRANT',
      credits_to_add: '10',
      expiry_date_utc: end.toISOString(),
    });
    expect(await list(new Date(end.getTime() - 1), mine.customer_id)).toHaveLength(1);
    expect(await list(end, mine.customer_id)).toEqual([]);
  });

  it('spends for an invoice once, however often it is asked', async () => {
    const mine = await wallet({ conversion_rate: '0.3' });
    const spend = { invoiceId: 'inv_once', amounts: allowed(usd(1000)), asOf: new Date(), usedFrom: null };
    const first = await within((ctx) => spending.spendForInvoice(ctx, mine.id, spend));
    const again = await Promise.all(
      [1, 2, 3].map(() => within((ctx) => spending.spendForInvoice(ctx, mine.id, spend))),
    );
    expect(again.map((one) => one.id)).toEqual([first.id, first.id, first.id]);
    expect(await transactions(mine.id)).toMatchObject([
      {},
      {
        type: 'debit',
        transaction_reason: 'INVOICE_PAYMENT',
        reference_type: 'INVOICE',
        reference_id: 'inv_once',
        amount: '10',
        credit_amount: '33.3333333333333333',
      },
    ]);
    // All that is left, to the last credit, though a third has no finite decimal.
    const [[, [[, left]]]] = (await list(undefined, mine.customer_id)) as [[string, [[string, string]]]];
    await within((ctx) =>
      spending.spendForInvoice(ctx, mine.id, {
        invoiceId: 'inv_rest',
        amounts: allowed(usd(Math.floor(Number(left) * 100))),
        asOf: ctx.now,
        usedFrom: null,
      }),
    );
    expect(Number(await balance(mine.id))).toBeLessThan(0.04);
  });

  it('spends no more than there is, and leaves no trace of trying', async () => {
    const mine = await wallet();
    const tooMuch = within((ctx) =>
      spending.spendForInvoice(ctx, mine.id, {
        invoiceId: 'inv_much',
        amounts: allowed(usd(10001)),
        asOf: ctx.now,
        usedFrom: null,
      }),
    );
    await expect(tooMuch).rejects.toMatchObject({ code: 'insufficient_credits' });
    const foreign = within((ctx) =>
      spending.spendForInvoice(ctx, mine.id, {
        invoiceId: 'inv_eur',
        amounts: allowed(money(1n, 'eur')),
        asOf: ctx.now,
        usedFrom: null,
      }),
    );
    await expect(foreign).rejects.toMatchObject({ code: 'currency_mismatch' });
    expect(await transactions(mine.id)).toHaveLength(1);
    expect(await balance(mine.id)).toBe('100');
  });

  it('pays an invoice from a POST_PAID wallet of the payer, once for a payment', async () => {
    const mine = await wallet({ wallet_type: 'POST_PAID' });
    const payment = { paymentId: 'pay_1', customerId: mine.customer_id as string, amount: usd(2550) };
    for (let i = 0; i < 2; i++) await within((ctx) => spending.pay(ctx, mine.id, payment));
    expect((await transactions(mine.id)).slice(1)).toMatchObject([
      {
        transaction_reason: 'INVOICE_PAYMENT',
        reference_type: 'PAYMENT',
        reference_id: 'pay_1',
        amount: '25.5',
      },
    ]);
    const refused = (walletId: string, change: object): Promise<unknown> =>
      within((ctx) => spending.pay(ctx, walletId, { ...payment, paymentId: 'pay_2', ...change }));
    await expect(refused(mine.id, { customerId: 'cust_other' })).rejects.toMatchObject({
      code: 'wallet_of_another_customer',
    });
    const prepaid = await wallet({ customer_id: mine.customer_id });
    await expect(refused(prepaid.id, {})).rejects.toMatchObject({ code: 'wallet_not_post_paid' });
    await expect(refused(mine.id, { amount: usd(7451) })).rejects.toMatchObject({
      code: 'insufficient_credits',
    });
    await api.post(`/wallets/${mine.id}/terminate`);
    await expect(refused(mine.id, {})).rejects.toMatchObject({ code: 'wallet_not_active' });
    expect(await balance(prepaid.id)).toBe('100');
  });

  it('gives back once, into the prepaid wallet of that currency, made where there is none', async () => {
    const { id } = await customer();
    const back = {
      customerId: id as string,
      amount: usd(1234),
      reason: 'INVOICE_VOID_REFUND' as const,
      referenceId: 'inv_void',
    };
    await Promise.all([1, 2, 3].map(() => within((ctx) => spending.giveBack(ctx, back))));
    const [made, ...others] = await api.get(`/customers/${id}/wallets`);
    expect(others).toEqual([]);
    expect(made).toMatchObject({ wallet_type: 'PRE_PAID', currency: 'usd', credit_balance: '12.34' });
    expect(await transactions(made.id)).toMatchObject([
      {
        transaction_reason: 'INVOICE_VOID_REFUND',
        reference_type: 'INVOICE',
        reference_id: 'inv_void',
        expiry_date: null,
      },
    ]);
    await within((ctx) => spending.giveBack(ctx, { ...back, reason: 'CREDIT_NOTE', referenceId: 'cn_1' }));
    expect(await balance(made.id)).toBe('24.68');
    expect(
      await within((ctx) => spending.giveBack(ctx, { ...back, amount: usd(0), referenceId: 'x' })),
    ).toBeNull();
  });

  it('keeps the books for any history: balance = transactions = what is left of the credits, never negative', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('top-up'),
        credits: fc.integer({ min: 1, max: 5000 }),
        hours: fc.option(fc.integer({ min: 1, max: 40 })),
        priority: fc.option(fc.nat(2)),
      }),
      fc.record({ kind: fc.constant('debit'), credits: fc.integer({ min: 1, max: 6000 }) }),
      fc.record({ kind: fc.constant('invoice'), credits: fc.integer({ min: 1, max: 6000 }) }),
      fc.record({ kind: fc.constant('clock'), hours: fc.integer({ min: 1, max: 30 }) }),
    );
    const histories = fc.sample(fc.array(step, { minLength: 12, maxLength: 25 }), { numRuns: 4, seed: 7 });
    for (const history of histories) {
      const mine = await wallet({ initial_credits_to_load: '5' });
      for (const one of history as {
        kind: string;
        credits: number;
        hours?: number | null;
        priority?: number | null;
      }[]) {
        const present = Date.parse((await customer()).created_at);
        const credits = (one.credits / 100).toFixed(2);
        if (one.kind === 'top-up')
          await api.post(`/wallets/${mine.id}/top-up`, {
            transaction_reason: 'FREE_CREDIT_GRANT',
            credits_to_add: credits,
            priority: one.priority,
            ...(one.hours === null || one.hours === undefined
              ? {}
              : { expiry_date_utc: new Date(present + one.hours * HOUR).toISOString() }),
          });
        if (one.kind === 'debit') await api.send('POST', `/wallets/${mine.id}/debit`, { credits });
        if (one.kind === 'invoice')
          await within((ctx) =>
            spending.spendForInvoice(ctx, mine.id, {
              invoiceId: `inv_${++seq}`,
              amounts: allowed(usd(one.credits)),
              asOf: ctx.now,
              usedFrom: null,
            }),
          ).catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'insufficient_credits' });
          });
        if (one.kind === 'clock')
          await api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
            to: new Date(present + (one.hours ?? 0) * HOUR).toISOString(),
          });
        const [books] = await server.database.query(
          `SELECT w.credit_balance >= 0 AS solvent,
                  w.credit_balance = coalesce(sum(CASE t.type WHEN 'credit' THEN t.credit_amount ELSE -t.credit_amount END), 0) AS transactions,
                  w.credit_balance = coalesce(sum(t.credits_available), 0) AS credits,
                  coalesce(bool_and(t.type = 'credit' OR t.credit_amount =
                    (SELECT sum(u.credits) FROM billing.wallet_credit_uses u WHERE u.debit_id = t.id)), true) AS slices,
                  coalesce(bool_and(t.type = 'debit' OR t.credit_amount - t.credits_available =
                    (SELECT coalesce(sum(u.credits), 0) FROM billing.wallet_credit_uses u WHERE u.credit_id = t.id)), true) AS uses
             FROM billing.wallets w LEFT JOIN billing.wallet_transactions t ON t.wallet_id = w.id
            WHERE w.id = '${mine.id}' GROUP BY w.id`,
        );
        expect(books).toEqual({ solvent: true, transactions: true, credits: true, slices: true, uses: true });
      }
      const rows = await transactions(mine.id);
      rows.forEach((row, i) => {
        expect(row.credit_balance_before).toBe(i === 0 ? '0' : rows[i - 1].credit_balance_after);
      });
    }
  }, 120_000);

  it('keeps every transaction as it was written: the database itself refuses to change or delete one', async () => {
    const mine = await wallet();
    const change = (sql: string): Promise<unknown> =>
      within((ctx) => ctx.em.query(`${sql} WHERE wallet_id = '${mine.id as string}'`));
    await expect(change('UPDATE wallet_transactions SET credit_amount = 1')).rejects.toThrow(
      'does not change',
    );
    await expect(change(`UPDATE wallet_transactions SET description = 'x'`)).rejects.toThrow(
      'does not change',
    );
    await expect(change('DELETE FROM wallet_transactions')).rejects.toThrow('not deleted');
    await change('UPDATE wallet_transactions SET credits_available = 50');
    await expect(change('UPDATE wallet_transactions SET credits_available = 60')).rejects.toThrow(
      'does not change',
    );
  });
});

import { BooksVerifier } from '../../src/app/books-verifier.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { startFrozenApp } from '../laws/support/frozen-app.js';
import { MoneyLife, type Step } from '../laws/support/money-life.js';
import type { TestApp } from '../support/test-app.js';

/** `npm run verify`: what is in the database is checked by the database, without the code that wrote it. */
describe('verifying the books', () => {
  let server: TestApp;
  let verifier: BooksVerifier;
  beforeAll(async () => {
    server = await startFrozenApp();
    verifier = new BooksVerifier(server.app.get(UnitOfWork, { strict: false }));
    const steps: Step[] = [
      { kind: 'use', n: 3, part: 1 },
      { kind: 'wait', n: 20, part: 1 },
      { kind: 'pay', n: 0, part: 2 },
      { kind: 'top up', n: 0, part: 2 },
      { kind: 'pay', n: 1, part: 4 },
      { kind: 'debit', n: 0, part: 3 },
      { kind: 'plan', n: 0, part: 1 },
      { kind: 'wait', n: 20, part: 1 },
      { kind: 'note', n: 1, part: 2 },
      { kind: 'late', n: 2, part: 1 },
      { kind: 'pay', n: 3, part: 4 },
      { kind: 'refund', n: 0, part: 1 },
      { kind: 'cancel', n: 0, part: 3 },
      { kind: 'void', n: 1, part: 1 },
    ];
    const life = await MoneyLife.begin(server, {
      fees: ['31', '93'],
      usage: '0.333',
      coupon: { percent: 10 },
      tax: 19,
      cycle: 'calendar',
      steps,
    });
    for (const step of steps) await life.take(step);
  });
  afterAll(async () => {
    await server.stop();
  });

  const broken = async () => (await verifier.verify()).flatMap((one) => one.broken);

  it('finds nothing wrong after a life of changes, and says how much it has looked at', async () => {
    const verified = await verifier.verify();
    expect(verified.flatMap((one) => one.broken)).toEqual([]);
    const sums = verified.reduce<Record<string, number>>((all, { checked }) => {
      for (const [check, rows] of Object.entries(checked)) all[check] = (all[check] ?? 0) + rows;
      return all;
    }, {});
    for (const check of ['invoice_totals', 'invoice_books', 'invoice_numbers', 'wallet_ledger'])
      expect([check, (sums[check] ?? 0) > 0]).toEqual([check, true]);
  });

  it.each([
    ['invoice_totals', 'subtotal = subtotal + 1, total = total + 1'],
    ['invoice_books', 'amount_paid = amount_paid + 1'],
    ['invoice_numbers', `invoice_number = 'X' || invoice_number`],
  ])('%s: names the invoice that somebody has changed by hand', async (check, change) => {
    const { database } = server;
    const [row] = await database.query(
      `SELECT * FROM billing.invoices WHERE invoice_status = 'FINALIZED' AND total > 0 LIMIT 1`,
    );
    await database.query(`UPDATE billing.invoices SET ${change} WHERE id = $1`, [row?.id]);
    const found = await broken();
    expect(found.map((one) => one.check)).toContain(check);
    if (check !== 'invoice_numbers') expect(found.map(({ id }) => id)).toContain(row?.id);
    await database.query(
      `UPDATE billing.invoices SET subtotal = $2, total = $3, amount_paid = $4, invoice_number = $5 WHERE id = $1`,
      [row?.id, row?.subtotal, row?.total, row?.amount_paid, row?.invoice_number],
    );
    expect(await broken()).toEqual([]);
  });

  it('wallet_ledger: names the wallet of which a transaction is missing', async () => {
    const { database } = server;
    await database.query('ALTER TABLE billing.wallet_transactions DISABLE TRIGGER USER');
    const [row] = await database.query(
      `DELETE FROM billing.wallet_transactions WHERE id = (SELECT min(id) FROM billing.wallet_transactions) RETURNING wallet_id`,
    );
    await database.query('ALTER TABLE billing.wallet_transactions ENABLE TRIGGER USER');
    expect(row).toBeDefined();
    expect((await broken()).map(({ check, id }) => [check, id])).toEqual([['wallet_ledger', row?.wallet_id]]);
  });
});

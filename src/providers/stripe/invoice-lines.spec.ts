import fc from 'fast-check';
import { money } from '../../domain/money.js';
import type { InvoicePush, InvoicePushLine } from '../provider-objects.js';
import { toStripeAmount } from './amounts.js';
import { MOST_LINES, wantedLines } from './invoice-lines.js';

const day = (n: number) => new Date(Date.UTC(2026, 9, n));

const line = (id: number, amount: bigint, more: Partial<InvoicePushLine> = {}): InvoicePushLine => ({
  lineId: `inv_line_${id}`,
  description: 'API calls',
  amount: money(amount, 'usd'),
  quantity: '10.5',
  period: { start: day(1), end: day(31) },
  priceId: 'price_1',
  ...more,
});

function invoiceOf(lines: InvoicePushLine[], adjustments: InvoicePush['adjustments'] = []): InvoicePush {
  const currency = lines[0]?.amount.currency ?? 'usd';
  const sum = [...lines, ...adjustments].reduce((total, { amount }) => total + amount.amount, 0n);
  return {
    invoiceId: 'inv_1',
    number: 'INV-1',
    customer: { customerId: 'cust_1', remoteId: 'cus_1', name: 'Ada', email: undefined },
    description: undefined,
    collectionMethod: 'send_invoice',
    dueAt: day(30),
    amountDue: money(sum, currency),
    lines,
    adjustments,
  };
}

const sumOf = (invoice: InvoicePush) => wantedLines(invoice).reduce((sum, { amount }) => sum + amount, 0);

test('adjustments are lines of their own, each with an id that a later try finds again', () => {
  const discount = { kind: 'discount', description: 'Launch', amount: money(-50n, 'usd') } as const;
  const tax = { kind: 'tax', description: 'VAT', amount: money(19n, 'usd') } as const;
  const invoice = invoiceOf(
    [line(1, 100n)],
    [discount, tax, { ...tax, description: 'City', amount: money(1n, 'usd') }],
  );
  expect(wantedLines(invoice).map(({ id, amount }) => [id, amount])).toEqual([
    ['inv_line_1', 100],
    ['adjustment:discount:0', -50],
    ['adjustment:tax:0', 19],
    ['adjustment:tax:1', 1],
  ]);
  expect(wantedLines(invoice)).toEqual(wantedLines(invoice));
});

test('lines of one price are put together: quantity, period and amount', () => {
  const many = Array.from({ length: 251 }, (_, n) =>
    line(n, 3n, { period: { start: day(1 + (n % 5)), end: day(20 + (n % 7)) } }),
  );
  const [only, ...rest] = wantedLines(invoiceOf(many));
  expect(rest).toEqual([]);
  expect(only?.params).toMatchObject({
    amount: 753,
    description: 'API calls (251 lines)',
    period: { start: day(1).getTime() / 1000, end: day(26).getTime() / 1000 },
    metadata: { quantity: '2635.5' },
  });
  expect(only?.id).toMatch(/^group:[0-9a-f]{32}$/);
});

test('what cannot be put together by price is put together in the end', () => {
  const odd = Array.from({ length: 600 }, (_, n) =>
    line(n, BigInt(n), { priceId: undefined, description: `Thing ${n}`, period: undefined }),
  );
  const lines = wantedLines(invoiceOf(odd));
  expect(lines).toHaveLength(MOST_LINES);
  expect(lines.at(-1)?.params.description).toBe('Other charges (351 lines)');
  expect(lines.at(-1)?.params.period).toBeUndefined();
});

test('the sum is what is owed, whatever is put together', () => {
  const anyLine = fc.record({
    amount: fc.bigInt({ min: -(10n ** 6n), max: 10n ** 9n }),
    price: fc.integer({ min: 0, max: 400 }),
    described: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(
      fc.constantFrom('usd', 'kwd', 'jpy'),
      fc.array(anyLine, { minLength: 1, maxLength: 700 }),
      (currency, entries) => {
        const lines = entries.map(({ amount, price, described }, n) =>
          line(n, 0n, {
            amount: money(amount, currency),
            priceId: `price_${price}`,
            description: `D${described}`,
          }),
        );
        const total = entries.reduce((sum, { amount }) => sum + amount, 0n);
        const rest = {
          kind: 'tax',
          description: 'Rest',
          amount: money(((total % 10n) * 9n) % 10n, currency),
        } as const;
        const invoice = invoiceOf(lines, [rest]);
        fc.pre(currency !== 'kwd' || invoice.amountDue.amount % 10n === 0n);
        const wanted = wantedLines(invoice);
        expect(wanted.length).toBeLessThanOrEqual(MOST_LINES);
        expect(sumOf(invoice)).toBe(toStripeAmount(invoice.amountDue));
        expect(new Set(wanted.map(({ id }) => id)).size).toBe(wanted.length);
      },
    ),
    { numRuns: 60 },
  );
});

test('a line in another currency is refused', () => {
  const invoice = invoiceOf([line(1, 100n), line(2, 1n, { amount: money(1n, 'eur') })]);
  expect(() => wantedLines(invoice)).toThrow(expect.objectContaining({ code: 'currency_mismatch' }));
});

import fc from 'fast-check';
import { billHistory, domainEngine } from './domain-engine.js';
import { histories } from './histories.js';
import { oracle } from './oracle.js';
import type { Figures, History } from './history.js';

const history: History = {
  currency: 'usd',
  start: '2025-01-31T00:00:00.000Z',
  months: 1,
  lines: [
    {
      key: 'seat',
      kind: 'fixed',
      price: { model: 'FLAT_FEE', amount: '10' },
      coupons: [],
      cadence: 'ADVANCE',
      quantity: null,
      minQuantity: null,
      from: null,
      until: null,
    },
  ],
  coupons: [],
  wallets: [],
  taxes: [],
};

describe('the engine and the oracle', () => {
  it('agree on every figure of 10,000 random histories', () => {
    fc.assert(
      fc.property(histories, (given) => {
        const [billed, expected] = [billHistory(given), oracle(given)];
        // the text is compared first, because a deep comparison costs more than the billing
        if (JSON.stringify(billed) !== JSON.stringify(expected)) expect(billed).toEqual(expected);
      }),
      { numRuns: 10_000 },
    );
  }, 120_000);

  it('bug: a fixed tax is not levied where nothing is left to tax', () => {
    const free = { type: 'percentage' as const, value: '100' };
    const levy = { type: 'fixed' as const, value: '0.3' };
    const [first] = billHistory({ ...history, coupons: [free], taxes: [levy] }).invoices;
    expect([first?.status, first?.discount, first?.tax, first?.total]).toEqual([
      'FINALIZED',
      '1000',
      '0',
      '0',
    ]);
    expect(billHistory({ ...history, taxes: [levy] }).invoices[0]?.total).toBe('1030');
    expect(billHistory({ ...history, lines: [], taxes: [levy] }).invoices[0]?.total).toBe('0');
  });

  it('the seam for other engines gives the same figures', async () => {
    await expect(domainEngine.invoice(history)).resolves.toEqual(oracle(history));
  });
});

describe('random histories', () => {
  it('hold everything that the rules speak of', () => {
    const sample = fc.sample(histories, { numRuns: 400, seed: 42 });
    const seen = (of: (given: History, figures: Figures) => boolean): number =>
      sample.filter((given) => of(given, oracle(given))).length;
    const anyInvoice =
      (test: (invoice: Figures['invoices'][number]) => boolean) => (_: History, figures: Figures) =>
        figures.invoices.some(test);
    const anyLine = (test: (line: Figures['invoices'][number]['lines'][number]) => boolean) =>
      anyInvoice(({ lines }) => lines.some(test));
    const counts = {
      skipped: seen(anyInvoice(({ status }) => status === 'SKIPPED')),
      discountedToNothing: seen(anyInvoice((each) => each.subtotal !== '0' && each.total === '0')),
      lineDiscount: seen(anyLine(({ lineDiscount }) => lineDiscount !== '0')),
      invoiceDiscount: seen(anyLine(({ invoiceDiscount }) => invoiceDiscount !== '0')),
      credits: seen(anyLine(({ credits }) => credits !== '0')),
      creditsOfSeveralInvoices: seen(
        (_, figures) => figures.invoices.filter(({ credits }) => credits !== '0').length > 1,
      ),
      tax: seen(anyInvoice(({ tax }) => tax !== '0')),
      free: seen(anyLine(({ free, quantity }) => free !== '0' && quantity !== '0')),
      buckets: seen(({ lines }) => lines.some((line) => line.kind === 'usage' && line.bucket !== null)),
      partly: seen(({ lines }) => lines.some((line) => line.kind === 'fixed' && line.from !== null)),
      graduated: seen(({ lines }) =>
        lines.some(({ price }) => price.model === 'TIERED' && price.mode === 'SLAB'),
      ),
    };
    for (const [what, count] of Object.entries(counts)) expect([what, count > 10]).toEqual([what, true]);
  });
});

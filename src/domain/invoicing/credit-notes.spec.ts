import fc from 'fast-check';
import { money, type Money } from '../money.js';
import {
  assertCreditNoteMove,
  creditable,
  draftCreditNote,
  type CreditableInvoice,
  type CreditNoteLine,
} from './credit-notes.js';

const usd = (amount: number | bigint): Money => money(BigInt(amount), 'usd');

const invoice = (change: {
  total: number;
  paid?: number;
  nets: readonly number[];
  credited?: readonly number[];
  status?: CreditableInvoice['status'];
}): CreditableInvoice => ({
  status: change.status ?? 'FINALIZED',
  total: usd(change.total),
  amountPaid: usd(change.paid ?? 0),
  amountRemaining: usd(change.total - (change.paid ?? 0)),
  lines: change.nets.map((net, i) => ({
    key: String(i),
    net: usd(net),
    credited: usd(change.credited?.[i] ?? 0),
  })),
});

const ask = (...amounts: [string, number][]): CreditNoteLine[] =>
  amounts.map(([key, amount]) => ({ key, amount: usd(amount) }));

describe('draftCreditNote', () => {
  it('adjusts what is owed and refunds what is paid', () => {
    expect(draftCreditNote(invoice({ total: 100, nets: [100] }), ask(['0', 30]))).toMatchObject({
      type: 'ADJUSTMENT',
      total: usd(30),
    });
    expect(draftCreditNote(invoice({ total: 100, paid: 100, nets: [100] }), ask(['0', 30]))).toMatchObject({
      type: 'REFUND',
      total: usd(30),
    });
  });

  it('credits a line with its tax', () => {
    // 100 and 50 net, 20 % tax: 120 and 60.
    expect(creditable(invoice({ total: 180, nets: [100, 50] }))).toEqual(ask(['0', 120], ['1', 60]));
  });

  it('without lines is for all that is left, and no more than is owed', () => {
    expect(
      draftCreditNote(invoice({ total: 150, nets: [100, 50], credited: [40, 0] }), undefined).lines,
    ).toEqual(ask(['0', 60], ['1', 50]));
    expect(draftCreditNote(invoice({ total: 150, paid: 90, nets: [100, 50] }), []).total).toEqual(usd(60));
  });

  it.each<[string, CreditableInvoice, CreditNoteLine[], string, RegExp]>([
    ['a draft', invoice({ total: 1, nets: [1], status: 'DRAFT' }), [], 'invoice_not_finalized', /DRAFT/],
    [
      'a voided invoice',
      invoice({ total: 1, nets: [1], status: 'VOIDED' }),
      [],
      'invoice_already_voided',
      /already voided/,
    ],
    [
      'a skipped invoice',
      invoice({ total: 0, nets: [], status: 'SKIPPED' }),
      [],
      'invoice_not_finalized',
      /SKIPPED/,
    ],
    [
      'more than a line',
      invoice({ total: 100, nets: [60, 40] }),
      ask(['1', 41]),
      'validation_error',
      /only 0.4 is left/,
    ],
    [
      'one line twice',
      invoice({ total: 100, nets: [60, 40] }),
      ask(['1', 30], ['1', 30]),
      'validation_error',
      /line_items\[1\]/,
    ],
    ['an unknown line', invoice({ total: 100, nets: [100] }), ask(['x', 1]), 'validation_error', /no line x/],
    ['nothing', invoice({ total: 100, nets: [100] }), ask(['0', 0]), 'validation_error', /greater than 0/],
    [
      'less than nothing',
      invoice({ total: 100, nets: [100] }),
      ask(['0', -5]),
      'validation_error',
      /greater than 0/,
    ],
    [
      'more than is owed',
      invoice({ total: 100, paid: 80, nets: [100] }),
      ask(['0', 30]),
      'credit_exceeds_invoice',
      /still owed/,
    ],
    [
      'what is credited already',
      invoice({ total: 100, nets: [100], credited: [100] }),
      [],
      'nothing_to_credit',
      /nothing/,
    ],
  ])('refuses %s', (_, of, asked, code, words) => {
    expect(() => draftCreditNote(of, asked)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(words) }),
    );
  });

  const figures = fc.integer({ min: 0, max: 10_000 });
  it('credits are never negative and never more than was billed, of a line or in all, however many notes there are', () => {
    fc.assert(
      fc.property(
        fc.array(figures, { minLength: 1, maxLength: 5 }),
        figures,
        fc.boolean(),
        fc.array(
          fc.option(
            fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: -5, max: 9_000 })), {
              maxLength: 4,
            }),
          ),
          {
            maxLength: 12,
          },
        ),
        (nets, tax, paid, notes) => {
          const total = nets.reduce((a, b) => a + b, 0) + tax;
          const credited = nets.map(() => 0);
          for (const note of notes) {
            const given = credited.reduce((a, b) => a + b, 0);
            const open: CreditableInvoice = {
              ...invoice({ total, nets, credited }),
              amountPaid: usd(paid ? total - given : 0),
              amountRemaining: usd(paid ? 0 : total - given),
            };
            const shares = creditable({
              ...open,
              lines: open.lines.map((line) => ({ ...line, credited: usd(0) })),
            });
            try {
              const asked = note?.map(([line, amount]) => ({ key: String(line), amount: usd(amount) }));
              for (const { key, amount } of draftCreditNote(open, asked ?? undefined).lines) {
                expect(amount.amount > 0n).toBe(true);
                credited[Number(key)] = (credited[Number(key)] ?? 0) + Number(amount.amount);
              }
            } catch (error) {
              expect(error).toMatchObject({ name: 'BillingError' });
            }
            credited.forEach((sum, i) => expect(sum).toBeLessThanOrEqual(Number(shares[i]?.amount.amount)));
            expect(credited.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(total);
          }
        },
      ),
    );
  });
});

describe('assertCreditNoteMove', () => {
  it.each([
    ['DRAFT', 'ADJUSTMENT', 'FINALIZED', undefined],
    ['DRAFT', 'REFUND', 'FINALIZED', undefined],
    ['DRAFT', 'REFUND', 'VOIDED', undefined],
    ['FINALIZED', 'ADJUSTMENT', 'VOIDED', undefined],
    ['FINALIZED', 'ADJUSTMENT', 'FINALIZED', 'credit_note_already_finalized'],
    ['FINALIZED', 'REFUND', 'VOIDED', 'credit_note_refunded'],
    ['VOIDED', 'ADJUSTMENT', 'VOIDED', 'credit_note_already_voided'],
    ['VOIDED', 'ADJUSTMENT', 'FINALIZED', 'credit_note_already_voided'],
  ] as const)('%s %s to %s: %s', (status, type, to, code) => {
    const move = (): void => {
      assertCreditNoteMove({ status, type }, to);
    };
    if (code === undefined) expect(move).not.toThrow();
    else expect(move).toThrow(expect.objectContaining({ code }));
  });
});

import fc from 'fast-check';
import type { TestApp } from '../support/test-app.js';
import { startFrozenApp } from './support/frozen-app.js';
import { holds, timeoutOf } from './support/hold.js';
import { MoneyLife, type MoneyHistory, type StepKind } from './support/money-life.js';

const KINDS: readonly StepKind[] = [
  'wait',
  'wait',
  'use',
  'use',
  'pay',
  'pay',
  'plan',
  'quantity',
  'cancel',
  'subscribe',
  'note',
  'refund',
  'void',
  'late',
  'recalculate',
  'top up',
  'debit',
];

const dollars = fc.constantFrom('31', '9.99', '93', '0.07', '10', '365');
const moneyHistories: fc.Arbitrary<MoneyHistory> = fc.record({
  fees: fc.tuple(dollars, dollars),
  usage: fc.constantFrom('1', '0.333', '0.05'),
  coupon: fc.oneof(
    fc.constant(null),
    fc.constantFrom(10, 33, 50, 100).map((percent) => ({ percent })),
    fc.constantFrom(1, 5, 40).map((fixed) => ({ fixed })),
  ),
  tax: fc.constantFrom(0, 7, 19, 20),
  cycle: fc.constantFrom('anniversary' as const, 'calendar' as const),
  steps: fc.array(
    fc.record({ kind: fc.constantFrom(...KINDS), n: fc.nat(20), part: fc.integer({ min: 1, max: 4 }) }),
    { minLength: 4, maxLength: 14 },
  ),
});

describe('what is given back', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startFrozenApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const check = async (history: MoneyHistory): Promise<void> => {
    const life = await MoneyLife.begin(server, history);
    for (const [index, step] of history.steps.entries()) {
      await life.take(step);
      expect({ index, ...step, broken: await life.broken() }).toEqual({ index, ...step, broken: [] });
    }
  };

  it(
    'never exceeds what came in: of a line, of an invoice, of a customer, tax included',
    async () => {
      expect(await holds('given back is no more than came in', moneyHistories, check)).toBeGreaterThan(0);
    },
    timeoutOf(),
  );
});

import fc from 'fast-check';
import { CallGate, CallGates, type CallLimits, type GateTime } from './call-gate.js';
import type { ProviderError } from './provider-error.js';

/** Time that stands still until it is told. */
class FakeTime implements GateTime {
  private at = 1_000;
  private timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.at;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.at + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  async pass(ms: number): Promise<void> {
    const until = this.at + ms;
    await settled();
    for (;;) {
      const [next] = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.at = next.at;
      next.run();
      await settled();
    }
    this.at = until;
  }
}

/** Whoever was let go has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Passed {
  readonly at: number;
  readonly endpoint: string;
  readonly party: string;
}

function setUp(limits: CallLimits) {
  const time = new FakeTime();
  const gate = new CallGate(limits, time);
  const passed: Passed[] = [];
  const refused: ProviderError[] = [];
  const ask = (endpoint: string, party = 'one'): void => {
    void gate.enter(endpoint, party).then(
      () => passed.push({ at: time.now(), endpoint, party }),
      (error: unknown) => refused.push(error as ProviderError),
    );
  };
  return { time, gate, passed, refused, ask };
}

/** The most that passed in any second, the way a provider counts. */
const mostInASecond = (calls: readonly Passed[]): number =>
  Math.max(0, ...calls.map(({ at }) => calls.filter((one) => one.at >= at && one.at < at + 1_000).length));

const TEST_MODE: CallLimits = { perAccount: 25, perEndpoint: 25 };
const LIVE_MODE: CallLimits = { perAccount: 100, perEndpoint: 25 };

test('the first calls go at once, the others as the limit allows', async () => {
  const { time, passed, ask } = setUp(TEST_MODE);
  for (let i = 0; i < 100; i += 1) ask('POST /v1/invoices');
  await time.pass(0);
  expect(passed).toHaveLength(3);
  await time.pass(1_000);
  expect(passed).toHaveLength(25);
  await time.pass(4_000);
  expect(passed).toHaveLength(100);
  expect(mostInASecond(passed)).toBeLessThanOrEqual(25);
});

test('an endpoint that is full does not hold up the others', async () => {
  const { time, passed, ask } = setUp(LIVE_MODE);
  for (let i = 0; i < 60; i += 1) ask('POST /v1/invoices');
  ask('POST /v1/payment_intents');
  await time.pass(0);
  expect(passed.map(({ endpoint }) => endpoint)).toContain('POST /v1/payment_intents');
});

test('a party with many calls does not hold up another one', async () => {
  const { time, passed, ask } = setUp(TEST_MODE);
  for (let i = 0; i < 200; i += 1) ask('POST /v1/invoices', 'bulk');
  ask('POST /v1/invoices', 'small');
  ask('POST /v1/invoices', 'small');
  await time.pass(200);
  expect(passed.filter(({ party }) => party === 'small')).toHaveLength(2);
  expect(passed.filter(({ party }) => party === 'bulk').length).toBeLessThan(7);
});

test('waiting is bounded: what comes too late is told when to come back, and was not sent', async () => {
  const { time, passed, refused, ask } = setUp({ perAccount: 2, perEndpoint: 2 });
  for (let i = 0; i < 1_010; i += 1) ask('GET /v1/events');
  await time.pass(0);
  expect(refused).toHaveLength(9); // one has gone, and the line is full
  await time.pass(10_000);
  expect(passed.length + refused.length).toBe(1_010);
  expect(passed.length).toBeLessThanOrEqual(21);
  for (const error of refused)
    expect(error).toMatchObject({ kind: 'rate_limited', code: 'waited_too_long', retryable: true });
  expect(refused[0]?.retryAfterMs).toBeGreaterThanOrEqual(1_000);
  ask('GET /v1/events'); // and it goes on
  await time.pass(1_000);
  expect(passed.at(-1)?.at).toBeGreaterThan(10_900);
});

test('after a refusal nothing goes until it said so, to that endpoint or to all', async () => {
  const { time, gate, passed, ask } = setUp(LIVE_MODE);
  gate.hold({ endpoint: 'POST /v1/invoices' }, 2_000);
  ask('POST /v1/invoices');
  ask('POST /v1/customers');
  await time.pass(1_999);
  expect(passed.map(({ endpoint }) => endpoint)).toEqual(['POST /v1/customers']);
  await time.pass(1);
  expect(passed).toHaveLength(2);
  gate.hold('account', 500);
  for (let i = 0; i < 20; i += 1) ask('POST /v1/customers');
  await time.pass(499);
  expect(passed).toHaveLength(2);
  await time.pass(10);
  expect(passed).toHaveLength(3); // not all that has come back in the meantime
});

test('after a refusal half as much goes, and all of it again a minute later', async () => {
  const { time, gate, passed, ask } = setUp(TEST_MODE);
  const inASecond = async (): Promise<number> => {
    const before = passed.length;
    for (let i = 0; i < 40; i += 1) ask('POST /v1/invoices');
    await time.pass(1_000);
    const count = passed.length - before;
    await time.pass(10_000); // the line empties, or gives up
    return count;
  };
  for (let i = 0; i < 5; i += 1) gate.hold({ endpoint: 'POST /v1/invoices' }, 0); // all on their way at once
  expect(await inASecond()).toBeLessThanOrEqual(13);
  await time.pass(60_000);
  expect(await inASecond()).toBe(25);
});

test('whatever is asked when, no second has more than is allowed and nothing in time is lost', async () => {
  const asked = fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 400 }),
      endpoint: fc.constantFrom('a', 'b', 'c'),
      party: fc.constantFrom('one', 'two'),
      times: fc.integer({ min: 1, max: 30 }),
    }),
    { maxLength: 12 },
  );
  const limits = fc.record({
    perAccount: fc.integer({ min: 1, max: 60 }),
    perEndpoint: fc.integer({ min: 1, max: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(asked, limits, async (steps, limit) => {
      const { time, passed, refused, ask } = setUp(limit);
      let count = 0;
      for (const { wait, endpoint, party, times } of steps) {
        await time.pass(wait);
        for (let i = 0; i < times; i += 1) ask(endpoint, party);
        count += times;
      }
      await time.pass(10_000);
      expect(passed.length + refused.length).toBe(count);
      // One a second cannot be halved: a token and what comes back in a second are two.
      const atMost = (most: number): number => Math.max(2, most);
      expect(mostInASecond(passed)).toBeLessThanOrEqual(atMost(limit.perAccount));
      for (const endpoint of ['a', 'b', 'c'])
        expect(mostInASecond(passed.filter((one) => one.endpoint === endpoint))).toBeLessThanOrEqual(
          atMost(limit.perEndpoint),
        );
    }),
    { numRuns: 100 },
  );
});

test('one account has one gate, another has its own', () => {
  const gates = new CallGates();
  const gate = gates.of('stripe acct_1 test', TEST_MODE);
  expect(gates.of('stripe acct_1 test', TEST_MODE)).toBe(gate);
  expect(gates.of('stripe acct_2 test', TEST_MODE)).not.toBe(gate);
});

import { SandboxClock } from './clock.js';
import { SandboxClocks } from './clocks.js';
import { formatDecimal, multiply, multiplyToInteger, parseDecimal } from './decimal.js';
import { majorUnits, showAmount } from './display.js';
import { html } from './html.js';
import { formerValues } from './json.js';
import { matchesPath } from './paths.js';
import { textPdf } from './pdf.js';
import { isWellFormedCard, methodByNumber, TEST_METHODS } from './test-cards.js';

describe('the clock', () => {
  const failures: string[] = [];
  let clock: SandboxClock;
  beforeEach(() => {
    failures.length = 0;
    clock = new SandboxClock((what) => failures.push(what));
  });
  afterEach(() => clock.stop());

  test('runs what is due in order, what is scheduled meanwhile included', () => {
    const start = clock.now();
    const ran: [string, number][] = [];
    const note = (name: string) => (): void => {
      ran.push([name, clock.now() - start]);
    };
    clock.schedule(start + 3000, 'a', 'third', note('third'));
    clock.schedule(start + 1000, 'a', 'first', () => {
      note('first')();
      clock.schedule(start + 2000, 'a', 'second', note('second'));
    });
    clock.schedule(start + 9000, 'a', 'never', note('never'));
    expect(clock.advanceTo(start + 5000)).toBe(3);
    expect(ran).toEqual([
      ['first', 1000],
      ['second', 2000],
      ['third', 3000],
    ]);
    expect(clock.now()).toBeGreaterThanOrEqual(start + 5000);
  });

  test('goes on when a task fails, and without what was taken off', () => {
    const ran: string[] = [];
    const soon = clock.now() + 10;
    clock.schedule(soon, 'a', 'broken', () => {
      throw new Error('broken');
    });
    clock.schedule(soon, 'a', 'kept', () => ran.push('kept'));
    clock.schedule(soon, 'a', 'taken off', () => ran.push('taken off'))();
    clock.advanceTo(soon);
    expect(ran).toEqual(['kept']);
    expect(failures).toEqual(['broken']);
  });

  test('what is due at one instant runs in the order in which it was scheduled', () => {
    const ran: number[] = [];
    const at = clock.now() + 1000;
    for (let n = 0; n < 5; n += 1) clock.schedule(at, 'a', String(n), () => ran.push(n));
    clock.schedule(at - 1, 'a', 'before', () => ran.push(-1));
    clock.advanceTo(at);
    expect(ran).toEqual([-1, 0, 1, 2, 3, 4]);
  });

  test('real time makes things due, too', async () => {
    const ran = await new Promise((resolve) => {
      clock.schedule(clock.now() + 5, 'a', 'soon', () => resolve('ran'));
    });
    expect(ran).toBe('ran');
  });
});

describe('clocks of several accounts', () => {
  const DAY = 86_400_000;
  let clocks: SandboxClocks;
  beforeEach(() => {
    clocks = new SandboxClocks(() => undefined);
  });
  afterEach(() => clocks.stop());

  test('one is moved, and the others stay where they are', () => {
    const ran: string[] = [];
    const start = clocks.now();
    for (const owner of ['a', 'b'])
      clocks.of(owner).schedule(start + DAY, owner, 'task', () => ran.push(owner));
    clocks.of('a').advanceTo(start + 2 * DAY);
    expect(ran).toEqual(['a']);
    expect(clocks.now('a') - clocks.now('b')).toBeGreaterThan(DAY);
    expect(clocks.now('new')).toBeLessThan(start + DAY);
  });

  test('moved together, those that are further on already stay, and new ones begin there', () => {
    const start = clocks.now();
    clocks.of('ahead').advanceTo(start + 10 * DAY);
    clocks.of('behind');
    clocks.advanceTo(start + 5 * DAY);
    for (const owner of ['behind', 'new']) {
      expect(clocks.now(owner)).toBeGreaterThanOrEqual(start + 5 * DAY);
      expect(clocks.now(owner)).toBeLessThan(start + 6 * DAY);
    }
    expect(clocks.now('ahead')).toBeLessThan(start + 11 * DAY);
    clocks.advanceBy(3 * DAY);
    expect(clocks.now('ahead')).toBeGreaterThanOrEqual(start + 13 * DAY);
  });

  test('the tasks of one are dropped without those of another', () => {
    const at = clocks.now() + DAY;
    for (const owner of ['a', 'b']) clocks.of(owner).schedule(at, owner, 'task', () => undefined);
    clocks.cancelAll('a');
    expect(clocks.state().pending.map(({ owner }) => owner)).toEqual(['b']);
    expect(clocks.state('a').pending).toEqual([]);
  });
});

test('decimals are exact, and rounded half away from zero once', () => {
  const product = (a: string, b: string): number => multiplyToInteger(parseDecimal(a)!, parseDecimal(b)!);
  expect(product('0.000123456789', '1000000.5')).toBe(123);
  expect(product('0.5', '1')).toBe(1);
  expect(product('-0.5', '1')).toBe(-1);
  expect(product('0.1', '3')).toBe(0);
  expect(formatDecimal(multiply(parseDecimal(0.1)!, parseDecimal(3)!))).toBe('0.3');
  expect(parseDecimal('1.0000000000001')).toBeUndefined();
  expect(parseDecimal('1e3')).toBeUndefined();
  expect(formatDecimal(parseDecimal('-12.3400')!)).toBe('-12.34');
});

test('amounts are shown with the places of their currency', () => {
  expect(showAmount(1234, 'usd')).toBe('12.34 USD');
  expect(majorUnits(5, 'jpy')).toBe('5');
  expect(majorUnits(-5, 'kwd')).toBe('-0.005');
});

test('markup is escaped unless it is markup', () => {
  const inner = html`<i>${'<&>"'}</i>`;
  expect(String(html`<p title="${"'"}">${[inner, null, false, 3]}</p>`)).toBe(
    '<p title="&#39;"><i>&lt;&amp;&gt;&quot;</i>3</p>',
  );
});

test('former values are those that a change has overwritten', () => {
  expect(
    formerValues({ a: 1, b: { c: 1, d: 2 }, e: [1] }, { a: 1, b: { c: 3, d: 2 }, e: [2], f: 4 }),
  ).toEqual({
    b: { c: 1 },
    e: [1],
    f: null,
  });
});

test('paths match exactly, by template, or by their beginning', () => {
  const [path, template] = ['/v1/invoices/in_1/pay', '/v1/invoices/{id}/pay'];
  expect(matchesPath(path, path, template)).toBe(true);
  expect(matchesPath('/v1/invoices/:invoice/pay', path, template)).toBe(true);
  expect(matchesPath('/v1/invoices', path, template)).toBe(false);
  expect(matchesPath('/v1/invoices*', path, template)).toBe(true);
  expect(matchesPath('/v1/invoices/{id}/*', path, template)).toBe(true);
});

test('test methods have one number and one token each, and cards are well formed', () => {
  const numbers = TEST_METHODS.map(({ number }) => number);
  const tokens = TEST_METHODS.flatMap((method) => method.tokens);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(new Set(tokens).size).toBe(tokens.length);
  for (const method of TEST_METHODS) {
    if (method.kind === 'card')
      expect([method.number, isWellFormedCard(method.number)]).toEqual([method.number, true]);
  }
  expect(methodByNumber('4242 4242-4242 4242')?.tokens).toContain('pm_card_visa');
});

test('a PDF says where its objects are', () => {
  const file = textPdf(['Invoice (1) \\ €', 'Ünï']).toString('latin1');
  const start = Number(/startxref\n(\d+)/.exec(file)?.[1]);
  expect(file.slice(start, start + 4)).toBe('xref');
  const [, first] = /0000000000 65535 f \n(\d{10})/.exec(file) ?? [];
  expect(file.slice(Number(first), Number(first) + 7)).toBe('1 0 obj');
  expect(file).toContain('Invoice \\(1\\) \\\\ ?');
});

import Stripe from 'stripe';
import type { Attempt } from '../provider-objects.js';
import { once } from './once.js';

interface Thing {
  readonly id: string;
}

/** Keys and objects as Stripe keeps them, with the moment in our hands at which a request takes effect. */
class Shelf {
  readonly things: Thing[] = [];
  readonly keys = new Map<string, { params: string; answer?: Thing | Error }>();
  readonly asked: string[] = [];

  async post(key: string, params: string, takesEffect: Promise<void> = Promise.resolve()) {
    this.asked.push(`${key} ${params}`);
    const known = this.keys.get(key);
    if (known !== undefined && known.params !== params) throw refusal(400, 'idempotency_error');
    if (known !== undefined && known.answer === undefined) throw refusal(409, 'idempotency_error');
    if (known?.answer instanceof Error) throw known.answer;
    if (known?.answer !== undefined) return answer(known.answer, true);
    const slot: { params: string; answer?: Thing | Error } = { params };
    this.keys.set(key, slot);
    await takesEffect;
    const thing = { id: `thing_${this.things.length + 1} ${params}` };
    this.things.push(thing);
    slot.answer = thing;
    return answer(thing, false);
  }
}

const answer = (thing: Thing, replayed: boolean): Stripe.Response<Thing> => ({
  ...thing,
  lastResponse: {
    headers: replayed ? { 'idempotent-replayed': 'true' } : {},
    requestId: 'req_1',
    statusCode: 200,
  },
});

const refusal = (statusCode: number, type: string, headers = {}): Error =>
  Stripe.errors.generateV1Error({ statusCode, type: type as never, message: 'No.', headers });

const attempt: Attempt = { key: 'op', firstTriedAt: new Date('2026-11-01T10:00:00Z'), number: 2 };
const ctx = (minutesLater: number) => ({
  stripe: undefined as never,
  connectionId: 'conn_1',
  environmentId: 'env_1',
  now: () => new Date(attempt.firstTriedAt.getTime() + minutesLater * 60_000),
});

const make = (shelf: Shelf, params: string, takesEffect?: Promise<void>, minutesLater = 60) => {
  const discarded: string[] = [];
  const result = once<Thing>(ctx(minutesLater), attempt, 'create', {
    call: (key) => shelf.post(key, params, takesEffect),
    look: (recorded) =>
      Promise.resolve(
        recorded === undefined ? shelf.things[0] : shelf.things.find(({ id }) => id === recorded.id),
      ),
    discard: (made) => {
      discarded.push(made.id);
      shelf.things.splice(
        shelf.things.findIndex(({ id }) => id === made.id),
        1,
      );
      return Promise.resolve();
    },
  });
  return { result, discarded };
};

/** A key whose recorded answer is a failure. */
function spent(shelf: Shelf, key: string, params: string): void {
  const failure = refusal(500, 'api_error', { 'idempotent-replayed': 'true' });
  shelf.keys.set(key, { params, answer: failure });
}

test('the first key is enough when nothing goes wrong, and its object is not held against any other', async () => {
  const shelf = new Shelf();
  expect(await make(shelf, 'a').result).toMatchObject({ fresh: true });
  expect(shelf.asked).toEqual(['op:create a']);
});

test('a recorded answer is looked up, not believed', async () => {
  const shelf = new Shelf();
  await make(shelf, 'a').result;
  expect(await make(shelf, 'a').result).toMatchObject({ fresh: false, value: { id: 'thing_1 a' } });
  shelf.things.length = 0; // deleted there
  expect(await make(shelf, 'a').result).toMatchObject({ fresh: true });
  expect(shelf.asked.at(-1)).toBe('op:create:r1 a');
});

test('two who pass each other on later keys end with the older object', async () => {
  const shelf = new Shelf();
  spent(shelf, 'op:create', 'long ago');
  let go = (): void => undefined;
  const slow = make(shelf, 'slow', new Promise((resolve) => (go = resolve)));
  const quick = make(shelf, 'quick');
  expect(await quick.result).toMatchObject({ fresh: true, value: { id: 'thing_1 quick' } });
  go();
  expect(await slow.result).toMatchObject({ fresh: false, value: { id: 'thing_1 quick' } });
  expect([slow.discarded, quick.discarded]).toEqual([['thing_2 slow'], []]);
  expect(shelf.things).toEqual([{ id: 'thing_1 quick' }]);
  expect(shelf.asked).toEqual([
    'op:create slow',
    'op:create quick',
    'op:create:r1 slow',
    'op:create:r1 quick',
    'op:create:r2 quick',
  ]);
});

test('a key with other parameters is not passed while its request may be running', async () => {
  const shelf = new Shelf();
  const running = make(shelf, 'a', new Promise(() => undefined));
  void running.result;
  await expect(make(shelf, 'a').result).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(make(shelf, 'b', undefined, 9).result).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'idempotency_key_in_use',
  });
  expect(shelf.things).toEqual([]);
});

test('when all keys are spent it says so, and does not go on for ever', async () => {
  const shelf = new Shelf();
  for (const round of ['', ':r1', ':r2', ':r3', ':r4', ':r5', ':r6', ':r7', ':r8', ':r9'])
    spent(shelf, `op:create${round}`, 'a');
  await expect(make(shelf, 'a').result).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'idempotency_keys_spent',
  });
  expect(shelf.asked).toHaveLength(10);
});

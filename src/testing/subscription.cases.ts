import assert from 'node:assert/strict';
import type { RemoteSubscription, SubscriptionUpdate } from '../providers/provider-subscriptions.js';
import type { Attempt } from '../providers/provider-objects.js';
import { settled } from './connection.cases.js';
import type { ContractCase, ContractHarness, SubscriptionControls } from './harness.js';
import { bench, firstTry, present, refused, type Bench } from './kit.js';
import type { Undertaking } from './recovery.cases.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** As it is, to be changed in one thing. */
const wishOf = (remote: RemoteSubscription, more: Partial<SubscriptionUpdate> = {}): SubscriptionUpdate => ({
  cancelled: false,
  cancelAt: remote.cancelAt,
  cancelAtPeriodEnd: remote.cancelAtPeriodEnd,
  paused: remote.paused,
  quantities: Object.fromEntries(
    remote.items.flatMap(({ remoteId, quantity }) =>
      quantity === undefined ? [] : [[remoteId, quantity] as const],
    ),
  ),
  ...more,
});

const updateIt = (
  on: Bench,
  id: string,
  wish: SubscriptionUpdate,
  attempt: Attempt,
): Promise<RemoteSubscription> => present(present(on.open().subscriptions).update?.(id, wish, attempt));

export function subscriptionCases(harness: ContractHarness, controls: SubscriptionControls): ContractCase[] {
  const begun = async (): Promise<{ on: Bench; remote: RemoteSubscription }> => {
    const on = bench(harness);
    const id = await controls.create(on.connection, { quantity: 3 });
    return { on, remote: present((await present(on.open().subscriptions).fetch(id)) ?? undefined) };
  };
  const update = (on: Bench, remote: RemoteSubscription, wish: SubscriptionUpdate) =>
    updateIt(on, remote.remoteId, wish, firstTry(harness));
  const change = (
    name: string,
    wish: (remote: RemoteSubscription) => Partial<SubscriptionUpdate>,
    check: (after: RemoteSubscription, before: RemoteSubscription) => void,
  ): ContractCase => ({
    name: `a subscription ${name}`,
    run: async () => {
      const { on, remote } = await begun();
      const answer = await update(on, remote, wishOf(remote, wish(remote)));
      check(answer, remote);
      const read = await present(on.open().subscriptions).fetch(remote.remoteId);
      check(present(read ?? undefined), remote);
    },
  });
  const cases: ContractCase[] = [
    {
      name: 'a subscription tells its customer, its items with prices and periods, and how it stands',
      run: async () => {
        const { remote } = await begun();
        assert.equal(remote.status, 'active');
        assert.ok(remote.remoteCustomerId !== '');
        assert.equal(remote.foreign, false);
        const [item, ...more] = remote.items;
        assert.deepEqual(more, []);
        assert.equal(item?.quantity, '3');
        assert.equal(item.price.type, 'FIXED');
        assert.equal(item.price.currency, remote.currency);
        assert.ok(item.period.start < item.period.end);
        assert.equal(remote.cancelAt, undefined);
        assert.equal(remote.paused, undefined);
      },
    },
    {
      name: 'a subscription that the provider has never heard of is null',
      run: async () => {
        assert.equal(await present(bench(harness).open().subscriptions).fetch('unknown_0000'), null);
      },
    },
    change(
      'gets another quantity',
      ({ items }) => ({ quantities: { [items[0]?.remoteId ?? '']: '8' } }),
      ({ items }) => {
        assert.equal(items[0]?.quantity, '8');
      },
    ),
    change(
      'is to end with its period',
      () => ({ cancelAtPeriodEnd: true }),
      (after) => {
        assert.ok(after.cancelAtPeriodEnd && after.cancelAt !== undefined);
        assert.equal(after.status, 'active');
      },
    ),
    change(
      'is to end on a date',
      ({ startedAt }) => ({ cancelAt: new Date(startedAt.getTime() + 10 * DAY_MS) }),
      (after, { startedAt }) => {
        assert.equal(after.cancelAt?.getTime(), startedAt.getTime() + 10 * DAY_MS);
        assert.equal(after.cancelAtPeriodEnd, false);
      },
    ),
    change(
      'is paused',
      () => ({ paused: { resumesAt: undefined } }),
      (after) => {
        assert.ok(after.paused !== undefined);
      },
    ),
    change(
      'ends now, and ending it again is no error',
      () => ({ cancelled: true }),
      (after) => {
        assert.equal(after.status, 'cancelled');
        assert.ok(after.endedAt !== undefined);
      },
    ),
    {
      name: 'a subscription goes on after a cancellation and a pause are taken back',
      run: async () => {
        const { on, remote } = await begun();
        const halted = await update(
          on,
          remote,
          wishOf(remote, { cancelAtPeriodEnd: true, paused: { resumesAt: undefined } }),
        );
        assert.ok(halted.paused !== undefined && halted.cancelAtPeriodEnd);
        const after = await update(on, remote, wishOf(remote));
        assert.equal(after.paused, undefined);
        assert.equal(after.cancelAt, undefined);
        assert.equal(after.cancelAtPeriodEnd, false);
      },
    },
    {
      name: 'a subscription that has ended is not brought back',
      run: async () => {
        const { on, remote } = await begun();
        await update(on, remote, wishOf(remote, { cancelled: true }));
        assert.equal((await update(on, remote, wishOf(remote, { cancelled: true }))).status, 'cancelled');
        await refused(on, update(on, remote, wishOf(remote)), 'conflict');
      },
    },
  ];
  return cases.map((one) => settled(harness, one));
}

/** What a provider of subscriptions has to do once: all that can be wished for, in one. */
export function subscriptionUpdate(harness: ContractHarness, controls: SubscriptionControls): Undertaking {
  return {
    name: 'a change of a subscription',
    begin: async () => {
      const on = bench(harness);
      const id = await controls.create(on.connection, { quantity: 3 });
      const remote = present((await present(on.open().subscriptions).fetch(id)) ?? undefined);
      const quantities = { [remote.items[0]?.remoteId ?? '']: '5' };
      const wish = wishOf(remote, { quantities, cancelAtPeriodEnd: true });
      return {
        on,
        work: (attempt) => updateIt(on, id, wish, attempt),
        check: (answer) => {
          const after = answer as RemoteSubscription;
          assert.equal(after.items[0]?.quantity, '5');
          assert.ok(after.cancelAtPeriodEnd);
          assert.equal(controls.count(on.connection), 1, 'a subscription was made');
        },
      };
    },
  };
}

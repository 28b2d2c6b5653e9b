import assert from 'node:assert/strict';
import type { PlanPush, PricePush, RemotePlan } from '../providers/provider-catalogue.js';
import type { Attempt } from '../providers/provider-objects.js';
import { settled } from './connection.cases.js';
import type { CatalogControls, ContractCase, ContractHarness } from './harness.js';
import { bench, firstTry, present, refused, unique, type Bench } from './kit.js';
import type { Undertaking } from './recovery.cases.js';

const price = (more: Partial<PricePush> = {}): PricePush => ({
  priceId: unique('price'),
  remoteId: undefined,
  name: 'Fee',
  active: true,
  trialPeriodDays: undefined,
  metadata: {},
  currency: 'usd',
  billingPeriod: 'MONTHLY',
  billingPeriodCount: 1,
  terms: { model: 'FLAT_FEE', amount: '12.345' },
  ...more,
});

/** Of every kind that there is. */
export const planOf = (more: Partial<PlanPush> = {}): PlanPush => ({
  planId: unique('plan'),
  remoteId: undefined,
  name: 'Pro',
  description: 'For professionals',
  active: true,
  metadata: { tier: 'gold' },
  prices: [
    price(),
    price({
      billingPeriod: 'ANNUAL',
      terms: { model: 'PACKAGE', amount: '5', divideBy: 100, round: 'up' },
    }),
    price({
      billingPeriodCount: 3,
      terms: {
        model: 'TIERED',
        mode: 'SLAB',
        tiers: [
          { upTo: '10', unitAmount: '2', flatAmount: '1' },
          { upTo: null, unitAmount: '1.5', flatAmount: '0' },
        ],
      },
    }),
    price({ billingPeriod: 'ONETIME', terms: { model: 'FLAT_FEE', amount: '99' } }),
  ],
  ...more,
});

const pushPlan = (on: Bench, plan: PlanPush, attempt: Attempt): Promise<RemotePlan> =>
  present(present(on.open().catalog).push?.(plan, attempt));

/** As it was pushed, with every price once. */
function asPushed(plan: PlanPush, read: RemotePlan): void {
  assert.equal(read.planId, plan.planId);
  assert.equal(read.name, plan.name);
  assert.equal(read.description, plan.description);
  assert.equal(read.active, plan.active);
  assert.deepEqual(read.unreadable, []);
  for (const wanted of plan.prices) {
    const found = read.prices.filter(({ priceId }) => priceId === wanted.priceId);
    assert.equal(found.length, 1, `${wanted.priceId} is there ${found.length} times`);
    const [only] = found;
    assert.equal(only?.remotePlanId, read.remoteId);
    assert.equal(only.type, 'FIXED');
    assert.equal(only.active, wanted.active);
    assert.equal(only.currency, wanted.currency);
    assert.equal(only.billingPeriod, wanted.billingPeriod);
    assert.equal(only.billingPeriodCount, wanted.billingPeriodCount);
    assert.deepEqual(only.terms, wanted.terms);
  }
}

export function catalogueCases(harness: ContractHarness, controls: CatalogControls): ContractCase[] {
  const pushed = async (on: Bench, plan: PlanPush): Promise<RemotePlan> =>
    pushPlan(on, plan, firstTry(harness));
  const read = async (on: Bench, id: string): Promise<RemotePlan | null> =>
    present(on.open().catalog).fetchPlan(id);
  const cases: ContractCase[] = [
    {
      name: 'a plan reads back as it was pushed, with every kind of price',
      run: async () => {
        const on = bench(harness);
        const plan = planOf();
        const answer = await pushed(on, plan);
        asPushed(plan, answer);
        asPushed(plan, present((await read(on, answer.remoteId)) ?? undefined));
      },
    },
    {
      name: 'a mapped plan is changed; another price is made, one that has ended is archived',
      run: async () => {
        const on = bench(harness);
        const plan = planOf();
        const { remoteId, prices } = await pushed(on, plan);
        const ofOurs = (id: string): string | undefined =>
          prices.find(({ priceId }) => priceId === id)?.remoteId;
        const [first, ...rest] = plan.prices.map((one) => ({ ...one, remoteId: ofOurs(one.priceId) }));
        const changed = planOf({
          ...plan,
          remoteId,
          name: 'Pro plus',
          description: undefined,
          active: false,
          prices: [{ ...present(first), active: false }, ...rest, price()],
        });
        const answer = await pushed(on, changed);
        assert.equal(answer.remoteId, remoteId);
        asPushed(changed, present((await read(on, remoteId)) ?? undefined));
        assert.equal(controls.list(on.connection, plan.planId).length, 1);
      },
    },
    {
      name: 'a plan whose mapping was lost is matched by its mark, not doubled',
      run: async () => {
        const on = bench(harness);
        const plan = planOf();
        const { remoteId } = await pushed(on, plan);
        assert.equal((await pushed(on, plan)).remoteId, remoteId);
        asPushed(plan, present((await read(on, remoteId)) ?? undefined));
      },
    },
    {
      name: 'a price that has ended here before the provider knew it is not made there',
      run: async () => {
        const on = bench(harness);
        const plan = planOf({ prices: [price(), price({ active: false })] });
        const answer = await pushed(on, plan);
        assert.deepEqual(
          answer.prices.map(({ priceId }) => priceId),
          [plan.prices[0]?.priceId],
        );
      },
    },
    {
      name: 'a plan of somebody else carries no id of ours, and what it has is told',
      run: async () => {
        const on = bench(harness);
        const made = await controls.create(on.connection, { name: 'Theirs', monthlyDollars: '7.5' });
        const answer = present((await read(on, made)) ?? undefined);
        assert.equal(answer.planId, undefined);
        assert.equal(answer.foreign, false);
        assert.equal(answer.name, 'Theirs');
        const [only, ...more] = answer.prices;
        assert.deepEqual(more, []);
        assert.deepEqual(only?.terms, { model: 'FLAT_FEE', amount: '7.5' });
        assert.equal(only.billingPeriod, 'MONTHLY');
      },
    },
    {
      name: 'a plan that the provider has never heard of is null',
      run: async () => {
        assert.equal(await read(bench(harness), 'unknown_0000'), null);
      },
    },
  ];
  if (present(bench(harness).open().catalog).listPlans !== undefined)
    cases.push(...listCases(harness, controls, pushed));
  if (harness.marksEnvironments)
    cases.push({
      name: 'a plan of another environment is foreign, and is not taken over',
      run: async () => {
        const on = bench(harness);
        const mine = await pushed(on, planOf());
        const other = bench(harness, { ...on.connection, environmentId: 'env_other' });
        const theirs = await read(other, mine.remoteId);
        assert.equal(theirs?.foreign, true);
        assert.equal(theirs.planId, undefined);
        await refused(other, pushed(other, planOf({ remoteId: mine.remoteId })), 'conflict');
      },
    });
  return cases.map((one) => settled(harness, one));
}

function listCases(
  harness: ContractHarness,
  controls: CatalogControls,
  pushed: (on: Bench, plan: PlanPush) => Promise<RemotePlan>,
): ContractCase[] {
  const walk = async (on: Bench): Promise<RemotePlan[]> => {
    const catalog = present(on.open().catalog);
    const plans: RemotePlan[] = [];
    for (let after: string | undefined; ;) {
      const page = await present(catalog.listPlans?.(after));
      plans.push(...page.plans);
      if (page.next === undefined) return plans;
      assert.notEqual(page.next, after, 'a page that ends where it begins');
      after = page.next;
    }
  };
  return [
    {
      name: 'all plans that are offered are listed, page by page, each once and as it reads; archived ones are not',
      run: async () => {
        const on = bench(harness);
        assert.deepEqual(await walk(on), []);
        const names = Array.from({ length: MORE_THAN_A_PAGE }, (_, index) => `Theirs ${index}`);
        for (const name of names) await controls.create(on.connection, { name, monthlyDollars: '3' });
        const ours = await pushed(on, planOf({ name: 'Ours' }));
        await pushed(on, planOf({ name: 'Archived', active: false }));
        const listed = await walk(on);
        assert.deepEqual(listed.map(({ name }) => name).sort(), [...names, 'Ours'].sort());
        assert.deepEqual(
          listed.find(({ remoteId }) => remoteId === ours.remoteId),
          await present(on.open().catalog).fetchPlan(ours.remoteId),
        );
      },
    },
  ];
}

const MORE_THAN_A_PAGE = 21;

/** What a provider of plans has to do once. */
export function planPush(harness: ContractHarness, controls: CatalogControls): Undertaking {
  return {
    name: 'a plan',
    begin: () => {
      const on = bench(harness);
      const plan = planOf();
      return Promise.resolve({
        on,
        work: (attempt) => pushPlan(on, plan, attempt),
        check: (answer) => {
          asPushed(plan, answer as RemotePlan);
          assert.equal(controls.list(on.connection, plan.planId).length, 1);
        },
      });
    },
  };
}

import type { FakeAccount, FakePlan, FakeSubscription } from './fake-account.js';

/** What somebody else makes at the fake provider, behind our back. */

export function newFakePlan(account: FakeAccount, name: string, monthlyDollars: string): FakePlan {
  const plan = account.newPlan(undefined, name);
  plan.prices.push({
    id: account.newId('fprice'),
    mark: undefined,
    active: true,
    name: undefined,
    createdAt: new Date(),
    facts: {
      currency: 'usd',
      billingPeriod: 'MONTHLY',
      billingPeriodCount: 1,
      terms: { model: 'FLAT_FEE', amount: monthlyDollars },
    },
  });
  return plan;
}

const PERIOD_MS = 30 * 24 * 60 * 60 * 1000;

export function newFakeSubscription(account: FakeAccount, quantity: number): FakeSubscription {
  const customer = {
    id: account.newId('fcus'),
    name: 'Somebody',
    email: 'somebody@example.com',
    mark: undefined,
    externalId: undefined,
    phone: undefined,
    address: undefined,
    deleted: false,
    adopted: false,
    defaultMethod: undefined,
    methods: new Map<string, 'succeeds'>(),
  };
  account.customers.set(customer.id, customer);
  const start = new Date();
  const subscription: FakeSubscription = {
    id: account.newId('fsub'),
    customer: customer.id,
    plan: newFakePlan(account, 'Theirs', '10'),
    period: { start, end: new Date(start.getTime() + PERIOD_MS) },
    quantity: String(quantity),
    cancelAt: undefined,
    cancelAtPeriodEnd: false,
    paused: undefined,
    endedAt: undefined,
  };
  account.subscriptions.set(subscription.id, subscription);
  return subscription;
}

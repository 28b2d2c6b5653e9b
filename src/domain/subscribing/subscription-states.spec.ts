import {
  assertSubscriptionTransition,
  SUBSCRIPTION_STATUSES,
  SUBSCRIPTION_TRANSITIONS,
  type SubscriptionStatus,
} from './subscription-states.js';

describe('assertSubscriptionTransition', () => {
  it('allows exactly the table', () => {
    for (const from of SUBSCRIPTION_STATUSES)
      for (const to of SUBSCRIPTION_STATUSES) {
        const attempt = expect(() => assertSubscriptionTransition(from, to));
        if (SUBSCRIPTION_TRANSITIONS[from].includes(to)) attempt.not.toThrow();
        else attempt.toThrow(expect.objectContaining({ kind: 'invalid_operation', details: { from, to } }));
      }
  });

  it.each<[SubscriptionStatus, SubscriptionStatus]>([
    ['draft', 'active'],
    ['draft', 'trialing'],
    ['trialing', 'active'],
    ['incomplete', 'active'],
    ['active', 'paused'],
    ['paused', 'active'],
  ])('%s may become %s', (from, to) => {
    expect(() => assertSubscriptionTransition(from, to)).not.toThrow();
  });

  it('lets everything be cancelled once, and nothing come back from it', () => {
    for (const status of SUBSCRIPTION_STATUSES) {
      const back = (): void => assertSubscriptionTransition('cancelled', status);
      expect(back).toThrow(/already cancelled/);
      expect(back).toThrow(expect.objectContaining({ code: 'subscription_already_cancelled' }));
      if (status !== 'cancelled')
        expect(() => assertSubscriptionTransition(status, 'cancelled')).not.toThrow();
    }
  });

  it.each<[SubscriptionStatus, SubscriptionStatus, RegExp, string]>([
    ['paused', 'paused', /already paused/, 'subscription_already_paused'],
    ['draft', 'paused', /not active/, 'subscription_not_active'],
    ['incomplete', 'paused', /not active/, 'subscription_not_active'],
    ['active', 'draft', /is active/, 'invalid_subscription_transition'],
  ])('refuses %s to %s in words that clients look for', (from, to, words, code) => {
    expect(() => assertSubscriptionTransition(from, to)).toThrow(words);
    expect(() => assertSubscriptionTransition(from, to)).toThrow(expect.objectContaining({ code }));
  });
});

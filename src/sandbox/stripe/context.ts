import type { SandboxClocks } from '../core/clocks.js';
import type { Courier } from '../core/courier.js';
import type { Account } from './account.js';
import type { PaymentIntent } from './objects.js';
import type { StripeSettings } from './settings.js';
import type { WireCheck } from './wire-check.js';

export interface World {
  readonly settings: StripeSettings;
  readonly clocks: SandboxClocks;
  readonly courier: Courier;
  readonly wireCheck: WireCheck;
  /** Origin of hosted pages. */
  readonly pagesUrl: () => string;
  /** Told of every outcome of a payment: what the payment is for is theirs to know. */
  readonly paymentListeners: readonly PaymentListener[];
}

export type PaymentListener = (ctx: Ctx, intent: PaymentIntent, outcome: PaymentOutcome) => void;

export type PaymentOutcome = 'succeeded' | 'processing' | 'requires_action' | 'declined';

/** On whose behalf something happens: an API request, a person on a hosted page, or the passing of time. */
export interface Ctx {
  readonly world: World;
  readonly account: Account;
  readonly request: { readonly id: string; readonly idempotencyKey: string | null } | null;
}

export function now(ctx: Ctx): number {
  return ctx.account.clock.seconds();
}

/** Runs later, in sandbox time, for the same account. */
export function later(ctx: Ctx, seconds: number, what: string, run: (ctx: Ctx) => void): () => void {
  const { world, account } = ctx;
  return account.clock.schedule(seconds * 1000, account.id, what, () =>
    run({ world, account, request: null }),
  );
}

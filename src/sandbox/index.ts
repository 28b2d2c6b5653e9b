import { DEFAULT_SETTINGS as STRIPE_SETTINGS, type StripeSettings } from './stripe/settings.js';
import { StripeSandbox } from './stripe/stripe-sandbox.js';
import { DEFAULT_SETTINGS as WHOP_SETTINGS, type WhopSettings } from './whop/settings.js';
import { WhopSandbox } from './whop/whop-sandbox.js';

export type { FaultRule } from './core/faults.js';
export type { StripeSandbox, StripeSettings, WhopSandbox, WhopSettings };

export interface SandboxOptions {
  /** 0, the default, takes a free port. */
  readonly stripePort?: number;
  readonly whopPort?: number;
  /** Loopback unless told otherwise: there is no access control. */
  readonly host?: string;
  /** Origins under which a browser reaches the hosted pages, when they are not those that are listened on. */
  readonly stripePagesUrl?: string;
  readonly whopPagesUrl?: string;
  /**
   * Refuse what the pinned API versions do not know and record every request, response and webhook that is not
   * what the SDKs' types say. Default true.
   */
  readonly strict?: boolean;
  /** Waits before the second, third, … attempt of a webhook, in real milliseconds; then it is given up. */
  readonly stripeRetryDelaysMs?: readonly number[];
  readonly whopRetryDelaysMs?: readonly number[];
  readonly webhookTimeoutMs?: number;
  /** Where the clocks begin. Real time, when left out. */
  readonly startsAt?: Date;
  /** To one endpoint. Default 1: in order. With more they arrive in any order, and sooner. */
  readonly webhooksAtOnce?: number;
  readonly stripe?: Partial<StripeSettings>;
  readonly whop?: Partial<WhopSettings>;
  /** Hears of failures of the sandbox itself: bugs. Default: standard error. */
  readonly log?: (line: string) => void;
}

export interface Sandbox {
  readonly stripe: StripeSandbox;
  readonly whop: WhopSandbox;
  stop(): Promise<void>;
}

/** Retries of a Stripe sandbox account take hours; nobody waits for that here. */
const STRIPE_RETRY_DELAYS_MS = [1_000, 5_000, 30_000];
const WHOP_RETRY_DELAYS_MS = [10_000, 20_000, 40_000];
const WEBHOOK_TIMEOUT_MS = 10_000;

/** Both providers, listening. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { strict = true, host = '127.0.0.1' } = options;
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const onFailure = (what: string, error: unknown): void => {
    log(`sandbox: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  const { webhookTimeoutMs = WEBHOOK_TIMEOUT_MS, webhooksAtOnce = 1 } = options;
  const stripe = new StripeSandbox(
    {
      onFailure,
      webhookTimeoutMs,
      webhooksAtOnce,
      startsAt: options.startsAt,
      webhookRetryDelaysMs: options.stripeRetryDelaysMs ?? STRIPE_RETRY_DELAYS_MS,
    },
    { ...STRIPE_SETTINGS, strict, ...options.stripe },
    options.stripePagesUrl,
  );
  const whop = new WhopSandbox(
    {
      onFailure,
      webhookTimeoutMs,
      webhooksAtOnce,
      startsAt: options.startsAt,
      webhookRetryDelaysMs: options.whopRetryDelaysMs ?? WHOP_RETRY_DELAYS_MS,
    },
    { ...WHOP_SETTINGS, strict, ...options.whop },
    options.whopPagesUrl,
  );
  const stop = async (): Promise<void> => {
    await Promise.all([stripe.stop(), whop.stop()]);
  };
  try {
    await stripe.start(host, options.stripePort ?? 0);
    await whop.start(host, options.whopPort ?? 0);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stripe, whop, stop };
}

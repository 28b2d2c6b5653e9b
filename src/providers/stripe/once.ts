import type Stripe from 'stripe';
import type { Attempt } from '../provider-objects.js';
import { ProviderError } from '../provider-error.js';
import { isKeyMismatch, isReplay, toProviderError } from './errors.js';

/**
 * How one key stays one object.
 *
 * Stripe records the first answer to an idempotency key, a 500 included, and repeats it word for word for at least
 * 24 hours; later it may have forgotten the key. So a key alone answers neither "what is there now" (the recorded
 * draft may long be paid) nor "is it safe to go on" (a recorded 500 comes back for ever). The rules:
 *
 * 1. A later try looks first, in lists: they are strongly consistent, which searches are not.
 * 2. The first key of a piece of work is the same for every try and every worker. Two at once meet in it: one works,
 *    the other is told 409 (`unavailable`) or gets the recorded answer.
 * 3. A recorded answer is a hint that earlier work was done, never the state: the work is looked up again.
 * 4. Only when a key is spent (its recorded answer is an error, it belongs to other parameters, or what it made is
 *    gone) and a look after that finds nothing, the next key is used: `…:r1`, `…:r2`. Which keys are spent is
 *    recorded at Stripe, so everybody walks the same keys in the same order and meets again.
 *
 * Whoever reads a recorded answer knows that the request that made it has ended, so the look after it sees all that
 * it did. That is why the next key is safe, and why a suffix that counts our tries would not be: a try that was
 * given up here may still be at work there.
 */
export async function once<T extends object>(
  key: string,
  work: {
    readonly call: (idempotencyKey: string) => Promise<Stripe.Response<T>>;
    /** What earlier work has left, as it is now. Gets the recorded answer where it was a good one. */
    readonly look: (recorded: T | undefined) => Promise<T | undefined>;
  },
): Promise<{ readonly value: T; readonly fresh: boolean }> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    let recorded: T | undefined;
    try {
      const answer = await work.call(round === 0 ? key : `${key}:r${round}`);
      if (!isReplay(answer.lastResponse.headers)) return { value: answer, fresh: true };
      recorded = answer;
    } catch (error) {
      if (!isSpent(error)) throw toProviderError(error);
    }
    const found = await work.look(recorded);
    if (found !== undefined) return { value: found, fresh: false };
  }
  throw new ProviderError(
    'unavailable',
    'every key of this attempt is spent; Stripe forgets them after a day',
    {
      code: 'idempotency_keys_spent',
    },
  );
}

const MOST_ROUNDS = 10;

function isSpent(error: unknown): boolean {
  return isKeyMismatch(error) || isReplay((error as { headers?: unknown }).headers);
}

/** Clocks differ, and `firstTriedAt` is ours while `created` is Stripe's. */
const MARGIN_SECONDS = 300;

/** A list filter for all that this attempt can have made. */
export const madeSince = (attempt: Attempt): { gte: number } => ({
  gte: Math.floor(attempt.firstTriedAt.getTime() / 1000) - MARGIN_SECONDS,
});

/** On the first try there is no earlier work, and a look for it would cost a call for every object. */
export const mayHaveRun = (attempt: Attempt): boolean => attempt.number > 1;

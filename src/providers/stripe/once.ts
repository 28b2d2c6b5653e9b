import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import { ProviderError } from '../provider-error.js';
import type { Attempt } from '../provider-objects.js';
import type { StripeContext } from './context.js';
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
 * 3. A recorded answer is a hint that earlier work was done, never the state: the work is looked up again. Whoever
 *    reads a recorded answer knows that the request that made it has ended, so the look after it sees all it did.
 * 4. Only when a key is spent, because its recorded answer is an error or what it made is gone, and the look finds
 *    nothing, the next key is used: `…:r1`, `…:r2`. Which keys are spent is recorded at Stripe, so everybody walks
 *    the same keys in the same order and meets again. A suffix that counts our tries would not do that.
 * 5. A key that is taken by other parameters (a due date that was worked out again) tells nothing about whether its
 *    request has ended. Soon after the first try that is `unavailable`; later, when no request can be running any
 *    more, the key counts as spent. Where money moves it never does.
 * 6. Two workers with different parameters may still pass each other on the later keys. So what is made under one of
 *    those is held against a new look, and the older object wins: its maker can have seen no other.
 */
export async function once<T extends { readonly id: string }>(
  ctx: StripeContext,
  attempt: Attempt,
  name: string,
  work: {
    readonly call: (idempotencyKey: string) => Promise<Stripe.Response<T>>;
    /** What earlier work has left, as it is now. Gets the recorded answer where it was a good one. */
    readonly look: (recorded: T | undefined) => Promise<T | undefined>;
    /** Takes back what was made although an older one was there. */
    readonly discard?: (made: T) => Promise<unknown>;
    readonly movesMoney?: boolean;
  },
): Promise<{ readonly value: T; readonly fresh: boolean }> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const key = `${attempt.key}:${name}${round === 0 ? '' : `:r${round}`}`;
    let recorded: T | undefined;
    let mismatch = false;
    try {
      const answer = await work.call(key);
      if (!isReplay(answer.lastResponse.headers))
        return round === 0 ? { value: answer, fresh: true } : await olderOf(answer, work);
      recorded = answer;
    } catch (error) {
      mismatch = isKeyMismatch(error);
      if (!mismatch && !isReplay((error as { headers?: unknown }).headers)) throw toProviderError(error);
    }
    const found = await work.look(recorded);
    if (found !== undefined) return { value: found, fresh: false };
    if (mismatch && (work.movesMoney === true || !isLongAgo(ctx, attempt))) throw keyInUse(key);
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
/** Far longer than any request takes. */
const ENDED_AFTER_MS = 10 * 60 * 1000;

async function olderOf<T extends { readonly id: string }>(
  made: T,
  work: {
    readonly look: (recorded: T | undefined) => Promise<T | undefined>;
    readonly discard?: (made: T) => Promise<unknown>;
  },
): Promise<{ readonly value: T; readonly fresh: boolean }> {
  if (work.discard === undefined) return { value: made, fresh: true };
  const oldest = await work.look(undefined);
  if (oldest === undefined || oldest.id === made.id) return { value: made, fresh: true };
  await work.discard(made);
  return { value: oldest, fresh: false };
}

const isLongAgo = (ctx: StripeContext, { firstTriedAt }: Attempt): boolean =>
  ctx.now().getTime() - firstTriedAt.getTime() > ENDED_AFTER_MS;

const keyInUse = (key: string): ProviderError =>
  new ProviderError('unavailable', `the idempotency key ${key} is in use with other parameters`, {
    code: 'idempotency_key_in_use',
  });

/** Clocks differ, and `firstTriedAt` is ours while `created` is Stripe's. */
const MARGIN_SECONDS = 300;

/** A list filter for all that this attempt can have made. */
export const madeSince = (attempt: Attempt): { gte: number } => ({
  gte: Math.floor(attempt.firstTriedAt.getTime() / 1000) - MARGIN_SECONDS,
});

/** On the first try there is no earlier work, and a look for it would cost a call for every object. */
export const mayHaveRun = (attempt: Attempt): boolean => attempt.number > 1;

/** A few characters for a key, which Stripe limits to 255. */
export const shortOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

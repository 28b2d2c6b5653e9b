import { ProviderError } from '../provider-error.js';
import type { Attempt } from '../provider-objects.js';
import type { Posted } from './client.js';
import { isNewest, mayHaveRun, type WhopContext } from './context.js';
import { isKeyMismatch, isReplayed } from './errors.js';

/**
 * How one key stays one object.
 *
 * Whop repeats the first answer to a key, refusals included, word for word for 24 hours; then it has forgotten the key. The
 * older date promises keys for a few objects only, and not for invoices. The rules:
 *
 * 1. While Whop is sure to know the key, a later try is the same POST with the same key, and no look before it.
 * 2. When it may have forgotten the key, or has never promised to know it, a later try looks first for what earlier ones
 *    have left. Where no promise was made it looks again after, too: a request that was believed lost may still have been at
 *    work. So it does also where
 *    earlier tries had other keys: what was asked for was something else ({@link Work.changed}), or begun anew.
 * 3. A repeated answer is a hint that work was done, never how things are: that is looked up.
 * 4. Only when a key is spent, because what it repeats is a refusal or what it made is gone, and the look finds nothing, the
 *    next key is used: `…:r1`, `…:r2`. Everybody walks the same keys in the same order.
 * 5. A key that is taken by another request tells nothing of whether that has ended. Soon after the first try that is
 *    `unavailable`; later, when no request can be running any more, it counts as spent. Where money moves it never does.
 */
export interface Work<T, Made> {
  call(idempotencyKey: string): Promise<Posted<Made>>;
  /** What earlier work has left, as it is now. Gets the repeated answer where it was a good one. */
  look(recorded: Made | undefined): Promise<T | undefined>;
  /** The object that was made just now. */
  read(made: Made): Promise<T> | T;
  readonly changed?: boolean;
  readonly movesMoney?: boolean;
}

const MOST_ROUNDS = 10;
/** Far longer than any request takes. */
const ENDED_AFTER_MS = 10 * 60 * 1000;
/** An hour less than Whop promises: clocks differ, and a request takes its time. */
const KEYS_HOLD_MS = 23 * 60 * 60 * 1000;

export async function once<T, Made>(
  ctx: WhopContext,
  attempt: Attempt,
  name: string,
  work: Work<T, Made>,
): Promise<T> {
  const promised = isNewest(ctx);
  const again = mayHaveRun(attempt);
  const changed = work.changed === true || (attempt.generation ?? 0) > 0;
  if (again && (!promised || changed || ageOf(ctx, attempt) > KEYS_HOLD_MS)) {
    const found = await work.look(undefined);
    if (found !== undefined) return found;
  }
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const key = `${attempt.key}:${name}${round === 0 ? '' : `:r${round}`}`;
    const answered = await ask(work, key);
    if (answered !== undefined && 'made' in answered) {
      if (promised || !again) return work.read(answered.made);
      return (await lookQuietly(work)) ?? work.read(answered.made);
    }
    const found = await work.look(answered?.recorded);
    if (found !== undefined) return found;
    const inUse = answered?.mismatch === true;
    if (inUse && (work.movesMoney === true || ageOf(ctx, attempt) <= ENDED_AFTER_MS)) throw keyInUse(key);
  }
  throw new ProviderError(
    'unavailable',
    'every key of this attempt is spent; Whop forgets them after a day',
    {
      code: 'idempotency_keys_spent',
    },
  );
}

type Asked<Made> =
  { readonly made: Made } | { readonly recorded?: Made; readonly mismatch?: boolean } | undefined;

/** What was made just now, what was made by an earlier request with this key, or that it was refused then. */
async function ask<T, Made>(work: Work<T, Made>, key: string): Promise<Asked<Made>> {
  try {
    const { object, replayed } = await work.call(key);
    return replayed ? { recorded: object } : { made: object };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (isKeyMismatch(error)) return { mismatch: true };
    if (isReplayed(error)) return undefined;
    throw error;
  }
}

/** It exists by now: that more could not be read must not lose it. */
async function lookQuietly<T, Made>(work: Work<T, Made>): Promise<T | undefined> {
  try {
    return await work.look(undefined);
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}

const ageOf = (ctx: WhopContext, { firstTriedAt }: Attempt): number =>
  ctx.now().getTime() - firstTriedAt.getTime();

const keyInUse = (key: string): ProviderError =>
  new ProviderError('unavailable', `the idempotency key ${key} is in use with other parameters`, {
    code: 'idempotency_key_in_use',
  });

/** Does something to an object that can be done once at most, so that it may be asked for under the next key, too. */
export async function act(ctx: WhopContext, path: string, key: string, body?: object): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round += 1)
    try {
      await ctx.whop.act(path, round === 0 ? key : `${key}:r${round}`, body);
      return;
    } catch (error) {
      // What was refused then may be granted now.
      if (!(error instanceof ProviderError) || !(isReplayed(error) || isKeyMismatch(error))) throw error;
    }
  throw keyInUse(key);
}

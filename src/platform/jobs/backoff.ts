/** After this long since the first try a job is parked: visible, and retried by one call. */
export const RETRY_WINDOW_MS = 24 * 60 * 60 * 1000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60 * 60 * 1000;

/**
 * Exponential backoff with jitter: half of the delay is fixed, half is random, so that a thousand jobs which
 * failed together do not come back together. Undefined once the window is over.
 */
export function nextRetry(
  now: Date,
  firstTriedAt: Date,
  attempt: number,
  random: () => number = Math.random,
): Date | undefined {
  if (now.getTime() - firstTriedAt.getTime() >= RETRY_WINDOW_MS) return undefined;
  const full = Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 30), LONGEST_DELAY_MS);
  return new Date(now.getTime() + full / 2 + (full / 2) * random());
}

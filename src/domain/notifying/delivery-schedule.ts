/**
 * When a webhook that was not taken is sent again, in seconds after each try: soon, because most receivers are only being
 * deployed, and then for three days, because some are down over a weekend. The sender adds up to a fifth, so that what
 * failed together does not come back together.
 */
const DELAYS_SECONDS = [1, 10, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 68_400, 86_400];
const JITTER = 0.2;

/** A receiver may ask for more patience than that, up to this. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** As many tries as there are; after the last one that failed it is given up, and sent again only by hand. */
export const MOST_TRIES = DELAYS_SECONDS.length + 1;

/**
 * The time of the next try after the given one (1 is the first) has failed; undefined when it was the last.
 * `random` from 0 to 1. `notBefore`: what the receiver has asked for.
 */
export function nextTry(
  failedAt: Date,
  attempt: number,
  random: number,
  notBefore: Date = failedAt,
): Date | undefined {
  const seconds = DELAYS_SECONDS[attempt - 1];
  if (seconds === undefined) return undefined;
  const own = failedAt.getTime() + seconds * 1000 * (1 + JITTER * random);
  const asked = Math.min(notBefore.getTime(), failedAt.getTime() + LONGEST_WAIT_MS);
  return new Date(Math.max(own, asked));
}

/** How an endpoint has fared lately. Both null and 0 after a success. */
export interface EndpointHealth {
  readonly consecutiveFailures: number;
  readonly failingSince: Date | null;
  /** Until then nothing is sent by itself. */
  readonly restingUntil: Date | null;
}

export const HEALTHY: EndpointHealth = { consecutiveFailures: 0, failingSince: null, restingUntil: null };

const FAILURES_BEFORE_REST = 5;
const FIRST_REST_MS = 15_000;
const LONGEST_REST_MS = 10 * 60 * 1000;
const GIVEN_UP_AFTER_MS = 5 * 24 * 60 * 60 * 1000;

/**
 * After one more failure. An endpoint that takes nothing is left alone for a while, the longer the more often: each try
 * holds a worker for as long as its timeout.
 */
export function afterFailure(before: EndpointHealth, at: Date): EndpointHealth {
  const consecutiveFailures = before.consecutiveFailures + 1;
  const rests = consecutiveFailures - FAILURES_BEFORE_REST;
  const restMs = rests < 0 ? 0 : Math.min(FIRST_REST_MS * 2 ** Math.min(rests, 20), LONGEST_REST_MS);
  return {
    consecutiveFailures,
    failingSince: before.failingSince ?? at,
    restingUntil: restMs === 0 ? null : new Date(at.getTime() + restMs),
  };
}

/** Whether nothing was taken for so long that it is switched off. */
export const isGivenUp = ({ failingSince }: EndpointHealth, at: Date): boolean =>
  failingSince !== null && at.getTime() - failingSince.getTime() >= GIVEN_UP_AFTER_MS;

import type { RemoteWebhookEndpoint } from '../providers/provider-adapter.js';

export interface WebhookHealth {
  readonly state: 'ok' | 'failing' | 'disabled' | 'off' | 'missing' | 'unknown';
  readonly reason?: string;
  readonly since?: string;
  /** How many deliveries in a row were not accepted. */
  readonly failures: number;
  readonly checkedAt: string;
  /** The last delivery that the provider had given up by then. */
  readonly lastFailureAt?: string;
  readonly replayedAt?: string;
  readonly replayedFrom?: string;
  /** How often since it began to fail. */
  readonly replays?: number;
}

/** Deliveries do not reach us, and somebody should know. One that is missing may never have been wanted. */
export const isBroken = (health: WebhookHealth | null): boolean =>
  health?.state === 'failing' || health?.state === 'disabled' || health?.state === 'off';

export interface WebhookRepair {
  readonly health: WebhookHealth;
  readonly enable: boolean;
  /** From when on the provider is to tell again what has failed. */
  readonly replayFrom: Date | undefined;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A delivery that failed after a check may have been tried first before it. */
const MARGIN_MS = 10 * MINUTE_MS;
/** A provider disables a webhook after some days of failures; when it does not say since when they were. */
const STREAK_MS = 4 * DAY_MS;
const FIRST_PAUSE_MS = 15 * MINUTE_MS;

/**
 * What is to be done about a webhook, by what the provider says of it now and what it said before. Whoever asks is there: so
 * one that was disabled for failing is switched on, and what has failed is told again, less and less often while it goes on
 * failing. What came in an outage that nobody saw, because nobody was there to ask, is known by the last failure.
 */
export function repairOf(
  found: RemoteWebhookEndpoint | null,
  before: WebhookHealth | null,
  now: Date,
): WebhookRepair {
  const checkedAt = now.toISOString();
  if (found === null) return rest({ state: 'missing', failures: 0, checkedAt });
  const { disabled, failingSince, failures } = found;
  const lastFailureAt = found.lastFailureAt?.toISOString();
  const seen = { failures, checkedAt, ...(lastFailureAt === undefined ? {} : { lastFailureAt }) };
  if (disabled !== undefined) {
    const from = failingSince ?? new Date(disabled.at.getTime() - STREAK_MS);
    return {
      health: {
        ...seen,
        state: 'disabled',
        since: disabled.at.toISOString(),
        reason: `the provider has disabled it: ${disabled.reason}`,
        ...replayed(from, now, before),
      },
      enable: true,
      replayFrom: from,
    };
  }
  if (!found.enabled)
    return rest({
      ...seen,
      state: 'off',
      reason: 'it is switched off at the provider',
      ...sinceOf(before, 'off', checkedAt),
    });
  if (failingSince !== undefined) return failing(failingSince, seen, before, now);
  const missed = missedSince(lastFailureAt, before);
  return {
    health: {
      ...seen,
      state: 'ok',
      ...(missed === undefined ? lastReplay(before) : replayed(missed, now, null)),
    },
    enable: false,
    replayFrom: missed,
  };
}

function failing(
  since: Date,
  seen: Pick<WebhookHealth, 'failures' | 'checkedAt'>,
  before: WebhookHealth | null,
  now: Date,
): WebhookRepair {
  const isSame = before?.state === 'failing' && before.since === since.toISOString();
  const streak = isSame ? before : null;
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** ((streak?.replays ?? 1) - 1), DAY_MS);
  const isDue = streak?.replayedAt === undefined || now.getTime() - Date.parse(streak.replayedAt) >= pause;
  return {
    health: {
      ...seen,
      state: 'failing',
      since: since.toISOString(),
      reason: 'no delivery was accepted since',
      ...(isDue ? replayed(since, now, streak) : lastReplay(streak)),
    },
    enable: false,
    replayFrom: isDue ? since : undefined,
  };
}

/** Undefined when nothing has failed since it was looked at before. At the first look nobody knows what was of interest. */
function missedSince(lastFailureAt: string | undefined, before: WebhookHealth | null): Date | undefined {
  if (before === null) return undefined;
  if ((before.state === 'failing' || before.state === 'disabled') && before.since !== undefined)
    return new Date(Date.parse(before.replayedFrom ?? before.since));
  if (lastFailureAt === undefined || lastFailureAt === before.lastFailureAt) return undefined;
  if (before.state === 'unknown' || before.state === 'missing') return undefined;
  return new Date(Date.parse(before.checkedAt) - MARGIN_MS);
}

const rest = (health: WebhookHealth): WebhookRepair => ({ health, enable: false, replayFrom: undefined });

const replayed = (from: Date, now: Date, streak: WebhookHealth | null): Partial<WebhookHealth> => ({
  replayedAt: now.toISOString(),
  replayedFrom: from.toISOString(),
  replays: (streak?.replays ?? 0) + 1,
});

const lastReplay = (before: WebhookHealth | null): Partial<WebhookHealth> =>
  before?.replayedAt === undefined
    ? {}
    : {
        replayedAt: before.replayedAt,
        ...(before.replayedFrom === undefined ? {} : { replayedFrom: before.replayedFrom }),
        ...(before.replays === undefined ? {} : { replays: before.replays }),
      };

const sinceOf = (
  before: WebhookHealth | null,
  state: WebhookHealth['state'],
  now: string,
): Pick<WebhookHealth, 'since'> => ({ since: (before?.state === state ? before.since : undefined) ?? now });

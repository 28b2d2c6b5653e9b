import { ProviderError } from './provider-error.js';

const LIMIT_MS = 15_000;

/** How the played account stands now. */
export interface PlayedTime {
  /** When it will next do something by itself; null when never. */
  readonly nextAt: Date | null;
  /** Webhooks that have been delivered since it was asked the last time. */
  readonly delivered: number;
  /** Webhooks that are under way, or wait to be sent again. */
  readonly undelivered: number;
}

/**
 * Moves the clock of an account at a provider that is played, unless it shows that instant already, and waits for the webhooks
 * that this makes it send. There it stands for so long, or until it is moved on. No key goes with it: the address is no
 * provider's.
 */
export async function movePlayedClock(
  url: string,
  accountId: string,
  to: Date,
  standsMs = 0,
): Promise<PlayedTime> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account: accountId, to: to.toISOString(), stands_ms: standsMs }),
      redirect: 'error',
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw notMoved(`it answered ${response.status}: ${text.slice(0, 300)}`);
    return read(JSON.parse(text));
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    throw notMoved(String((error as { cause?: unknown }).cause ?? error));
  }
}

function read(body: unknown): PlayedTime {
  const { next_at: next, delivered, undelivered } = body as Record<string, unknown>;
  const nextAt = typeof next === 'string' ? new Date(next) : null;
  if (
    typeof delivered !== 'number' ||
    typeof undelivered !== 'number' ||
    (nextAt !== null && Number.isNaN(nextAt.getTime()))
  )
    throw notMoved('it answered something else than next_at, delivered and undelivered');
  return { nextAt, delivered, undelivered };
}

const notMoved = (reason: string): ProviderError =>
  new ProviderError('unavailable', `the provider's clock was not moved: ${reason}`, {
    code: 'clock_not_moved',
  });

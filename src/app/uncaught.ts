import { loggedError } from '../platform/logged-error.js';

/** So many within that time are no accident any more. */
const MOST = 10;
const WITHIN_MS = 60_000;

export interface Uncaught {
  readonly log: (line: object) => void;
  /** Too many: what this process knows in memory is not to be relied on. */
  readonly giveUp: () => void;
}

/**
 * What nobody has caught, somewhere in a library, ends nothing: all that this process does is a transaction, which is taken
 * back, or work under a lease, which others take over. It is logged, and the process goes on. One that meets with it again
 * and again does not: it stops in order, and whoever has started it starts it anew.
 */
export function uncaughtHandler(
  { log, giveUp }: Uncaught,
  now: () => number = () => performance.now(),
): (kind: 'exception' | 'rejection', error: unknown) => void {
  let recent: number[] = [];
  return (kind, error) => {
    log({ event: `uncaught_${kind}`, level: 'fatal', err: loggedError(error) });
    const since = now() - WITHIN_MS;
    recent = [...recent.filter((at) => at > since), now()];
    if (recent.length > MOST) giveUp();
  };
}

import type { Caller, Scope } from '../context.js';
import type { AsJson } from '../json.types.js';
import type { JobKind, JobMap } from './job-map.js';

/**
 * A job is a durable row: something that has to be done once, at or after an instant of real time. Transports
 * only say "run row N now"; losing one loses time, never work.
 */
export type JobSpec<K extends JobKind = JobKind> = {
  readonly [P in K]: {
    /** Names the handler: `sync.run`. */
    readonly kind: P;
    /** At most one row exists per kind and key in an environment. Defaults to a fresh id. */
    readonly key?: string;
    readonly payload: JobMap[P];
    /** Real time. Default: at once. */
    readonly runAt?: Date;
  };
}[K];

export type KeyedJobSpec<K extends JobKind = JobKind> = JobSpec<K> & { readonly key: string };

export interface JobRun<K extends JobKind = JobKind> {
  readonly jobId: string;
  readonly scope: Scope;
  /** For opening units of work: the job's scope, the system actor, the job's id as request id. */
  readonly caller: Caller;
  readonly payload: AsJson<JobMap[K]>;
  /** 1 on the first try, and again after each that has not failed. */
  readonly attempt: number;
  /** Start of the retry window. */
  readonly retryingSince: Date;
}

/**
 * What a handler answers. Nothing means done; an exception means retry with backoff, then park. Who names the time to come
 * back at has not failed, unless they say so: it counts no attempt, and the retry window begins anew.
 */
export type JobOutcome =
  | { readonly retryAt: Date; readonly reason: string; readonly failed?: true }
  | { readonly park: true; readonly reason: string };

/**
 * The queue that a job runs on. Jobs of `outbound-http` wait for servers of third parties, and there may be thousands of them:
 * on a queue of their own they never take the concurrency of the others.
 */
export type JobQueueName = 'main' | 'outbound-http';

/**
 * How long the clock of a test environment, on its way, waits at an instant for a job before it goes on to the next.
 * `until_done`: also while the job waits to be tried again. `while_due`: not for what comes later, because that is a safety
 * net, or up to a stranger who may take days. `never`: it comes back for ever.
 */
export type HoldsClock = 'until_done' | 'while_due' | 'never';

export interface JobHandler<K extends JobKind = JobKind> {
  readonly kind: K;
  /** `until_done` when left out. */
  readonly holdsClock?: HoldsClock;
  /** `main` when left out. */
  readonly queue?: JobQueueName;
  handle(run: JobRun<K>): Promise<JobOutcome | undefined>;
}

export interface Announcement {
  readonly id: string;
  readonly kind: string;
  readonly runAt: Date;
}

/** Says "run this row now" (or at its time) to whatever workers there are. Never throws into a caller's path. */
export interface JobTransport {
  /** True when an announcement reaches a worker by itself; false leaves the rows to the sweeper of another process. */
  readonly delivers: boolean;
  announce(jobs: readonly Announcement[]): void;
  /** Begins to run announced jobs in this process. */
  start(run: (jobId: string) => Promise<void>): Promise<void>;
  /** Takes no more work and waits for what is running. */
  stop(): Promise<void>;
}

export const JOB_TRANSPORT = Symbol('JobTransport');

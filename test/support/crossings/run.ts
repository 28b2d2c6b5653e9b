import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../eventually.js';
import type { Crashes } from './crashes.js';
import { newSubject, planned, sandboxOf, settled, type Lane } from './lane.js';
import { nameOf, type Crash, type Point } from './misfortunes.js';
import { perform, prepare, TOLD, type Operation } from './operations.js';
import { verdict } from './verdict.js';

export interface Crossing {
  readonly first: Operation;
  readonly second: Operation;
  readonly point: Point;
}

export interface Call {
  readonly method: string;
  readonly path: string;
}

/** Ids of objects have a capital letter, a digit or an underscore somewhere behind their prefix; words of the APIs have not. */
const templateOf = (path: string): string =>
  path
    .split('/')
    .map((part) => (/^[a-z]+_.*[A-Z0-9]/.test(part) ? '{id}' : part))
    .join('/');

/** The calls of an operation when all goes well, in their order. */
export async function callsOf(lane: Lane, operation: Operation): Promise<Call[]> {
  const before = await prepare(operation, await newSubject(lane));
  const all = async (): Promise<any[]> =>
    (await lane.api.get('/integrations/operations?limit=1000&order=asc')).items as any[];
  const known = new Set((await all()).map(({ id }) => id as string));
  await perform(operation, before);
  await planned(lane);
  await settled(lane);
  const made = (await all()).filter(({ id }) => !known.has(id as string));
  return made
    .flatMap(({ tries }) => tries.flatMap(({ calls }: any) => calls))
    .map(({ method, path }: any) => ({ method, path: templateOf(path as string) }));
}

/** Lets the first operation meet with its misfortune, the second happen meanwhile, and everything come to its end. */
export async function cross(
  lane: Lane,
  { first, second, point }: Crossing,
  calls: readonly Call[],
  crashes: Crashes,
): Promise<{ readonly wrong: readonly string[]; readonly struck: boolean }> {
  const before = await prepare(first, await newSubject(lane));
  const striking = arrange(lane, { first, point }, calls, crashes);
  const after = await perform(first, before);
  const struck = await eventually('struck', () => Promise.resolve(striking.struck()), 1_500).then(
    () => true,
    () => false,
  );
  await perform(second, after);
  await planned(lane);
  // Long enough that what waits for its turn has asked for it.
  await delay(60);
  await striking.end();
  await settled(lane);
  if (point.kind === 'answer' && point.rule.mode === 'delay') await delay(point.rule.ms ?? 0);
  await striking.over();
  await lane.api.send('POST', `/integrations/connections/${lane.connectionId}/reconcile`);
  await settled(lane);
  return { wrong: await verdict(after, [first, second]), struck };
}

interface Striking {
  readonly struck: () => boolean;
  /** The second operation has happened. */
  end(): Promise<void>;
  /** Everybody else is done. */
  over(): Promise<void>;
}

function arrange(
  lane: Lane,
  { first, point }: Pick<Crossing, 'first' | 'point'>,
  calls: readonly Call[],
  crashes: Crashes,
): Striking {
  switch (point.kind) {
    case 'none':
      return { struck: () => true, end: () => Promise.resolve(), over: () => Promise.resolve() };
    case 'answer':
      return answer(lane, point, calls);
    case 'crash':
      return crash(lane, first, point.crash, crashes);
  }
}

function answer(lane: Lane, point: Extract<Point, { kind: 'answer' }>, calls: readonly Call[]): Striking {
  const { method, path } = calls[point.call] as Call;
  const skip = calls.slice(0, point.call).filter((one) => one.method === method && one.path === path).length;
  const sandbox = sandboxOf(lane);
  const { id } = sandbox.fault({ times: null, ...point.rule, method, path, skip, account: lane.secretKey });
  return {
    struck: () => sandbox.faults().some((one) => one.id === id && one.struck > 0),
    end: () => {
      sandbox.clearFaults(id);
      return Promise.resolve();
    },
    over: () => Promise.resolve(),
  };
}

function crash(lane: Lane, first: Operation, how: Crash, crashes: Crashes): Striking {
  const [type, action] = TOLD[first];
  const { environmentId } = lane.tenant;
  const arranged = crashes.arrange(
    how,
    (one) => one.environmentId === environmentId && one.entityType === type && one.action === action,
  );
  const { database } = lane.road.server;
  return {
    struck: arranged.struck,
    /** Nobody has heard of the worker for so long that others take over. */
    end: async () => {
      const [frozen] = await database.query(
        `UPDATE sync_operations SET last_tried_at = now() - interval '130 seconds'
          WHERE environment_id = $1 AND state = 'running' AND entity_type = $2 AND action = $3 RETURNING id`,
        [environmentId, type, action],
      );
      await database.query(
        `UPDATE jobs SET lease_until = now() - interval '1 second', announced_at = NULL
          WHERE environment_id = $1 AND kind = 'sync.run' AND state = 'running' AND key = $2`,
        [environmentId, frozen?.id ?? ''],
      );
    },
    over: async () => {
      arranged.wake();
      await delay(100);
      arranged.remove();
    },
  };
}

export const titleOf = ({ first, second, point }: Crossing): string =>
  `${first}, ${nameOf(point)}, ${second}`;

import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Caller } from '../../src/platform/context.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { JobHandlers } from '../../src/platform/jobs/job-handlers.js';
import { JobQueue } from '../../src/platform/jobs/job-queue.js';
import type { JobOutcome, JobRun } from '../../src/platform/jobs/job.js';
import { Outbox } from '../../src/platform/outbox/outbox.js';
import type { OutboxEvent } from '../../src/platform/outbox/outbox-event.js';
import { OutboxRelay } from '../../src/platform/outbox/outbox-relay.js';
import { OutboxSubscribers } from '../../src/platform/outbox/outbox-subscribers.js';
import { eventually } from '../support/eventually.js';
import { startTestApp, TRANSPORTS, type TestApp } from '../support/test-app.js';
import { createDatabase } from '../support/test-database.js';

declare module '../../src/domain/events.js' {
  interface EventMap {
    'test.event': { entityType: 'thing'; payload: { n?: number } };
  }
}
declare module '../../src/platform/jobs/job-map.js' {
  interface JobMap {
    'test.job': Readonly<Record<string, unknown>>;
    'test.unknown': object;
    'test.heard': OutboxEvent<'test.event'>;
    'test.shared': object;
    'test.announced': { what: string };
  }
}

describe.each(TRANSPORTS)('jobs by %s', (transport) => {
  let server: TestApp;
  let uow: UnitOfWork;
  let queue: JobQueue;
  let caller: Caller;
  let handled: JobRun<'test.job'>[];
  let behave: (run: JobRun<'test.job'>) => Promise<JobOutcome | undefined>;

  beforeAll(async () => {
    server = await startTestApp({ transport });
    uow = server.app.get(UnitOfWork, { strict: false });
    queue = server.app.get(JobQueue, { strict: false });
    caller = {
      scope: { tenantId: server.tenant.tenantId, environmentId: server.tenant.environmentId },
      actor: 'test',
      requestId: 'test',
    };
    server.app.get(JobHandlers, { strict: false }).register({
      kind: 'test.job',
      handle: (run) => {
        handled.push(run);
        return behave(run);
      },
    });
    server.app
      .get(OutboxSubscribers, { strict: false })
      .register({ jobKind: 'test.job', eventTypes: ['test.event'] });
  });
  beforeEach(() => {
    handled = [];
    behave = () => Promise.resolve(undefined);
  });
  afterAll(async () => {
    await server.stop();
  });

  const enqueue = (key: string, payload = {}) =>
    uow.run(caller, (ctx) => queue.enqueue(ctx, { kind: 'test.job', key, payload }));
  const row = async (key: string) =>
    (await server.database.query(`SELECT * FROM jobs WHERE kind = 'test.job' AND key = $1`, [key]))[0];
  const inState = (key: string, state: string) =>
    eventually(`job ${key} ${state}`, async () => {
      const found = await row(key);
      return found?.state === state ? found : undefined;
    });

  it('what is parked is listed with the reason, and run again by one call', async () => {
    behave = () => Promise.resolve({ park: true, reason: 'nobody knows why' });
    await enqueue('given-up');
    const { id } = await inState('given-up', 'parked');
    const { api } = server;
    const { items, pagination } = await api.get('/jobs?kind=test.job');
    expect([items.length, pagination.total]).toEqual([1, 1]);
    expect(items[0]).toMatchObject({
      id,
      key: 'given-up',
      state: 'parked',
      attempts: 1,
      last_error: 'nobody knows why',
    });
    expect(items[0]).not.toHaveProperty('payload');
    expect(
      (await api.get('/jobs?state=queued,running,done&kind=test.job')).items.map((one: any) => one.id),
    ).not.toContain(id);

    const other = await server.anotherTenant();
    expect((await other.api.get('/jobs')).items).toEqual([]);
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/retry'],
    ] as const)
      expect((await other.api.send(method, `/jobs/${String(id)}${path}`)).status).toBe(404);

    behave = () => Promise.resolve(undefined);
    expect(await api.expect(202, 'POST', `/jobs/${String(id)}/retry`)).toMatchObject({ id, state: 'queued' });
    await inState('given-up', 'done');
    expect(await api.get(`/jobs/${String(id)}`)).toMatchObject({
      state: 'done',
      finished_at: expect.any(String),
    });
    const again = await api.send('POST', `/jobs/${String(id)}/retry`);
    expect([again.status, again.body.error.code]).toEqual([400, 'job_not_parked']);
  });

  it('runs a job after the commit, in its scope, once', async () => {
    await enqueue('once', { a: 1 });
    await inState('once', 'done');
    expect(handled).toHaveLength(1);
    expect(handled[0]).toMatchObject({ payload: { a: 1 }, attempt: 1, scope: caller.scope });
  });

  it('never runs a job of a transaction that was rolled back', async () => {
    await expect(
      uow.run(caller, async (ctx) => {
        await queue.enqueue(ctx, { kind: 'test.job', key: 'rolled-back', payload: {} });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await enqueue('after-rollback');
    await inState('after-rollback', 'done');
    expect(handled).toHaveLength(1);
    expect(await row('rolled-back')).toBeUndefined();
  });

  it('takes a second job of the same kind and key for the first one', async () => {
    await Promise.all(Array.from({ length: 5 }, () => enqueue('same')));
    await inState('same', 'done');
    expect(handled).toHaveLength(1);
  });

  it('tries again after an exception, later, and counts', async () => {
    behave = (run) => (run.attempt < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(undefined));
    await enqueue('retried');
    await inState('retried', 'done');
    expect(handled.map((run) => run.attempt)).toEqual([1, 2, 3]);
  });

  it('waits until the time a handler has named', async () => {
    const at = new Date(Date.now() + 300);
    behave = () => Promise.resolve(handled.length === 1 ? { retryAt: at, reason: 'later' } : undefined);
    await enqueue('named-time');
    await inState('named-time', 'done');
    expect(handled).toHaveLength(2);
    const [done] = await server.database.query(
      `SELECT finished_at >= $1 AS waited FROM jobs WHERE key = 'named-time'`,
      [at],
    );
    expect(done).toEqual({ waited: true });
  });

  it('waiting is not failing: the first failure after many turns is tried again at once', async () => {
    behave = () => Promise.resolve({ retryAt: new Date(), reason: 'not my turn' });
    await enqueue('polite');
    await eventually('many turns', () => Promise.resolve(handled.length > 20));
    await server.database.query(
      `UPDATE jobs SET retry_window_start = now() - interval '25 hours' WHERE key = 'polite'`,
    );
    await eventually(
      'one more turn',
      async () => ((await row('polite'))!.retry_window_start as Date) > new Date(Date.now() - 60_000),
    );
    behave = () => Promise.reject(new Error('terminated'));
    const failed = await eventually('failed', async () => {
      const now = await row('polite');
      return now?.state === 'queued' && now.last_error === 'terminated' ? now : undefined;
    });
    expect(failed.attempts).toBeLessThan(5);
    expect(new Date(failed.run_at as string).getTime() - Date.now()).toBeLessThan(5_000);
    behave = () => Promise.resolve(undefined);
    expect((await inState('polite', 'done')).claims).toBeGreaterThan(20);
  });

  it('a worker whose lease is over settles nothing, whatever was asked for since', async () => {
    const releases: (() => void)[] = [];
    behave = async () => {
      const number = handled.length;
      await new Promise<void>((resolve) => releases.push(resolve));
      return number === 1 ? { park: true, reason: 'said by the one that woke up' } : undefined;
    };
    await enqueue('frozen');
    await eventually('held', () => Promise.resolve(releases.length === 1));
    await server.database.query(
      `UPDATE jobs SET lease_until = now() - interval '1 second', announced_at = NULL WHERE key = 'frozen'`,
    );
    await eventually('held by another', () => Promise.resolve(releases.length === 2));
    // Asked for again, its count of failures begins anew; who holds it does not.
    await uow.run(caller, (ctx) => queue.requeue(ctx, { kind: 'test.job', key: 'frozen', payload: {} }));
    releases[0]!();
    await delay(200);
    expect((await row('frozen'))!.state).toBe('running');
    releases[1]!();
    await eventually('asked for again', () => Promise.resolve(releases.length === 3));
    releases[2]!();
    expect(await inState('frozen', 'done')).toMatchObject({ last_error: null });
  });

  it('parks what a handler gives up, with the reason, and runs it again when asked to', async () => {
    behave = () => Promise.resolve({ park: true, reason: 'hopeless' });
    await enqueue('parked');
    expect(await inState('parked', 'parked')).toMatchObject({ last_error: 'hopeless' });
    behave = () => Promise.resolve(undefined);
    await uow.run(caller, (ctx) => queue.requeue(ctx, { kind: 'test.job', key: 'parked', payload: {} }));
    await inState('parked', 'done');
  });

  it('asked for again while it runs, it runs again, with what it was asked with last', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    behave = async () => {
      await held;
      return handled.length === 1 ? { park: true, reason: 'the first time' } : undefined;
    };
    await enqueue('again', { wanted: 'first' });
    await inState('again', 'running');
    await uow.run(caller, (ctx) =>
      queue.requeue(ctx, { kind: 'test.job', key: 'again', payload: { wanted: 'second' } }),
    );
    expect((await row('again'))!.state).toBe('running');
    release();
    await inState('again', 'done');
    expect(handled.map(({ attempt, payload }) => [attempt, payload.wanted])).toEqual([
      [1, 'first'],
      [1, 'second'],
    ]);
  });

  it('parks a job whose retry window is over', async () => {
    behave = () => Promise.reject(new Error('still broken'));
    await enqueue('hopeless');
    await eventually('first try', async () => (await row('hopeless'))?.last_error);
    await server.database.query(
      `UPDATE jobs SET retry_window_start = now() - interval '25 hours', run_at = now(), announced_at = NULL
        WHERE key = 'hopeless' AND state = 'queued'`,
    );
    expect(await inState('hopeless', 'parked')).toMatchObject({ last_error: 'still broken' });
  });

  it('finds a row whose announcement was lost', async () => {
    await server.database.query(
      `INSERT INTO jobs (id, tenant_id, environment_id, kind, key, payload, run_at, announced_at, retry_window_start,
                         created_at, updated_at)
       VALUES ('job_lost_${transport}', $1, $2, 'test.job', 'lost', '{}', now() - interval '1 minute',
               now() - interval '1 minute', now(), now(), now())`,
      [caller.scope.tenantId, caller.scope.environmentId],
    );
    await inState('lost', 'done');
    expect(handled).toHaveLength(1);
  });

  it('takes over from a worker that died holding a job', async () => {
    await server.database.query(
      `INSERT INTO jobs (id, tenant_id, environment_id, kind, key, payload, state, attempts, run_at, lease_until,
                         announced_at, retry_window_start, created_at, updated_at)
       VALUES ('job_dead_${transport}', $1, $2, 'test.job', 'dead', '{}', 'running', 1, now() - interval '2 minutes',
               now() - interval '1 second', now() - interval '2 minutes', now(), now(), now())`,
      [caller.scope.tenantId, caller.scope.environmentId],
    );
    await inState('dead', 'done');
    expect(handled.map((run) => run.attempt)).toEqual([2]);
  });

  it('leaves a job alone while another worker holds it', async () => {
    await server.database.query(
      `INSERT INTO jobs (id, tenant_id, environment_id, kind, key, payload, state, attempts, run_at, lease_until,
                         announced_at, retry_window_start, created_at, updated_at)
       VALUES ('job_held_${transport}', $1, $2, 'test.job', 'held', '{}', 'running', 1, now() - interval '2 minutes',
               now() + interval '1 minute', now() - interval '2 minutes', now(), now(), now())`,
      [caller.scope.tenantId, caller.scope.environmentId],
    );
    await enqueue('beside-held');
    await inState('beside-held', 'done');
    expect((await row('held'))?.state).toBe('running');
  });

  it('parks a job that nobody knows how to handle', async () => {
    await uow.run(caller, (ctx) => queue.enqueue(ctx, { kind: 'test.unknown', key: 'unknown', payload: {} }));
    const found = await eventually('parked', async () => {
      const [one] = await server.database.query(
        `SELECT * FROM jobs WHERE key = 'unknown' AND state = 'parked'`,
      );
      return one;
    });
    expect(found.last_error).toContain('no handler');
  });

  it('turns an event into one job for its subscriber, however many relays there are', async () => {
    const outbox = server.app.get(Outbox, { strict: false });
    const relay = server.app.get(OutboxRelay, { strict: false });
    await uow.run(caller, (ctx) =>
      outbox.append(ctx, { type: 'test.event', entityType: 'thing', entityId: 'thing_1', payload: { n: 1 } }),
    );
    await Promise.all([relay.drain(), relay.drain(), relay.drain()]);
    await eventually('handled', () => Promise.resolve(handled.length > 0));
    await relay.drain();
    expect(handled.map((run) => run.payload)).toMatchObject([
      { type: 'test.event', entityType: 'thing', entityId: 'thing_1', payload: { n: 1 } },
    ]);
  });

  it('makes jobs of events only in environments in which somebody hears them', async () => {
    const heard: string[] = [];
    let environments: readonly string[] = [];
    server.app.get(JobHandlers, { strict: false }).register({
      kind: 'test.heard',
      handle: ({ payload }) => {
        heard.push(payload.entityId);
        return Promise.resolve(undefined);
      },
    });
    server.app.get(OutboxSubscribers, { strict: false }).register({
      jobKind: 'test.heard',
      eventTypes: ['test.event'],
      activeEnvironments: () => Promise.resolve(new Set(environments)),
    });
    const outbox = server.app.get(Outbox, { strict: false });
    const relay = server.app.get(OutboxRelay, { strict: false });
    const tell = async (entityId: string): Promise<void> => {
      await uow.run(caller, (ctx) =>
        outbox.append(ctx, { type: 'test.event', entityType: 'thing', entityId, payload: {} }),
      );
      await relay.drain();
      await eventually('handled', () =>
        Promise.resolve(handled.some(({ payload }) => payload.entityId === entityId)),
      );
    };
    await tell('nobody_listens');
    environments = [caller.scope.environmentId];
    await tell('somebody_does');
    await eventually('heard', () => Promise.resolve(heard.length > 0));
    expect(heard).toEqual(['somebody_does']);
    const jobs = await server.database.query(`SELECT payload FROM jobs WHERE kind = 'test.heard'`);
    expect(jobs).toHaveLength(1);
  });

  it('relays what a process that died after its commit has left behind', async () => {
    await server.database.query(
      `INSERT INTO outbox_events (tenant_id, environment_id, type, entity_type, entity_id, payload, occurred_at)
       VALUES ($1, $2, 'test.event', 'thing', 'thing_2', '{}', now())`,
      [caller.scope.tenantId, caller.scope.environmentId],
    );
    await eventually('handled', () => Promise.resolve(handled.length === 1));
  });
});

describe('two servers on one database', () => {
  it.each(TRANSPORTS)('run each job once by %s', async (transport) => {
    const first = await startTestApp({ transport });
    const second = await startTestApp({ transport, database: first.database, secretKey: first.secretKey });
    const seen: string[] = [];
    const by = { first: 0, second: 0 };
    try {
      for (const [name, server] of Object.entries({ first, second }))
        server.app.get(JobHandlers, { strict: false }).register({
          kind: 'test.shared',
          handle: async (run) => {
            seen.push(run.jobId);
            by[name as keyof typeof by] += 1;
            await delay(20);
            return undefined;
          },
        });
      const uow = first.app.get(UnitOfWork, { strict: false });
      const queue = first.app.get(JobQueue, { strict: false });
      const scope = { tenantId: first.tenant.tenantId, environmentId: first.tenant.environmentId };
      await uow.run({ scope, actor: 'test', requestId: 'test' }, async (ctx) => {
        for (let i = 0; i < 60; i++)
          await queue.enqueue(ctx, { kind: 'test.shared', key: String(i), payload: {} });
      });
      await eventually('all done', async () => {
        const [row] = await first.database.query(
          `SELECT count(*)::int AS n FROM jobs WHERE kind = 'test.shared' AND state = 'done'`,
        );
        return row?.n === 60;
      });
      expect(new Set(seen).size).toBe(60);
      expect(seen).toHaveLength(60);
      // What the first has no hands for goes through Redis to whoever has.
      if (transport === 'bull') expect(Math.min(by.first, by.second)).toBeGreaterThan(0);
    } finally {
      await second.close();
      await first.stop();
    }
  });

  it('a server that only serves HTTP announces what it makes due through Redis', async () => {
    const database = await createDatabase();
    const api = await startTestApp({ transport: 'bull', database, worker: { enabled: false } });
    // One that would not find it by looking.
    const worker = await startTestApp({
      transport: 'bull',
      database,
      secretKey: api.secretKey,
      worker: { sweepEveryMs: 3_600_000 },
    });
    try {
      const handled = new Promise<string>((resolve) => {
        worker.app.get(JobHandlers, { strict: false }).register({
          kind: 'test.announced',
          handle: ({ payload }) => {
            resolve(payload.what);
            return Promise.resolve(undefined);
          },
        });
      });
      const scope = { tenantId: api.tenant.tenantId, environmentId: api.tenant.environmentId };
      const queue = api.app.get(JobQueue, { strict: false });
      await api.app
        .get(UnitOfWork, { strict: false })
        .run({ scope, actor: 'test', requestId: 'test' }, (ctx) =>
          queue.enqueue(ctx, { kind: 'test.announced', key: 'one', payload: { what: 'told' } }),
        );
      expect(await handled).toBe('told');
    } finally {
      await api.close();
      await worker.stop();
    }
  });

  it('a server that only serves HTTP leaves the work to the one that works', async () => {
    const database = await createDatabase();
    const api = await startTestApp({ database, worker: { enabled: false } });
    const worker = await startTestApp({ database, secretKey: api.secretKey });
    try {
      await api.api.create('/customers', { external_id: 'a', name: 'A' });
      await eventually('relayed by the other', async () => {
        const [row] = await database.query(
          `SELECT count(*)::int AS n FROM jobs WHERE kind = 'taxes.inherit' AND state = 'done'`,
        );
        return row?.n === 1;
      });
    } finally {
      await api.close();
      await worker.stop();
    }
  });
});

describe('without Redis', () => {
  const saved = process.env.TEST_REDIS_URL;
  beforeAll(() => {
    process.env.TEST_REDIS_URL = 'redis://127.0.0.1:1';
  });
  afterAll(() => {
    process.env.TEST_REDIS_URL = saved;
  });
  const states = async ({ database }: TestApp): Promise<unknown[]> =>
    (await database.query(`SELECT state FROM jobs WHERE kind = 'taxes.inherit'`)).map(({ state }) => state);

  it('a request does not hang, and what it makes due waits in the database', async () => {
    const server = await startTestApp({ transport: 'bull', worker: { enabled: false } });
    try {
      const began = Date.now();
      await server.api.create('/customers', { external_id: 'a', name: 'A' });
      expect(Date.now() - began).toBeLessThan(3000);
      expect((await states(server)).every((state) => state === 'queued')).toBe(true);
    } finally {
      await server.stop();
    }
  });

  it('a server that works does what it makes due itself', async () => {
    const server = await startTestApp({ transport: 'bull' });
    try {
      await server.api.create('/customers', { external_id: 'a', name: 'A' });
      await eventually('done', async () => (await states(server)).join() === 'done');
    } finally {
      await server.stop();
    }
  });

  it('one that is asked for over TLS is not told the password in the clear', async () => {
    const heard: Buffer[] = [];
    const listener = net.createServer((socket) => {
      socket.on('error', () => undefined).on('data', (data) => heard.push(data));
    });
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    const { port } = listener.address() as net.AddressInfo;
    process.env.TEST_REDIS_URL = `rediss://somebody:open-sesame@127.0.0.1:${port}`;
    const server = await startTestApp({ transport: 'bull' });
    try {
      await eventually('somebody speaks', () => Promise.resolve(heard.length > 0));
      expect(Buffer.concat(heard).toString('latin1')).not.toContain('open-sesame');
      // The first byte of a TLS handshake.
      expect(heard[0]?.[0]).toBe(0x16);
    } finally {
      await server.stop();
      listener.close();
    }
  });
});

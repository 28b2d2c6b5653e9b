import { Inject, Injectable, Logger } from '@nestjs/common';
import type { PoolClient, QueryResult } from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { WallClock } from '../time/clock.js';
import { STANDS_AT } from '../time/shown-time.js';
import type { Caller, Ctx, Scope } from '../context.js';
import { BoundedSet } from '../bounded-set.js';
import { borrow, DATA_SOURCE, isOurs, SCHEMA } from './data-source.js';
import { isTransactionConflict } from './errors.js';
import {
  causeOf,
  namedStatement,
  queryPrepared,
  queryTogether,
  queryFirst,
  commitBehind,
  type PreparedStatement,
} from './prepared.js';
import { PartsOfOne } from './whole-request.js';

const OFFSET = `SELECT c.offset_ms, ${STANDS_AT} AS stands_at
  FROM environments e LEFT JOIN environment_clocks c ON c.environment_id = e.id WHERE e.id = $1`;
const SAFE_ID = /^[A-Za-z0-9_-]{1,80}$/;
const CONFLICT_RETRIES = 3;

const BEGIN = namedStatement('START TRANSACTION', []);
/** Settings that end with the transaction, by one statement that a connection reads once. */
const SETTINGS = `set_config('role', $1, true), set_config('search_path', '${SCHEMA}', true)`;
const SCOPE = `${SETTINGS}, set_config('app.tenant_id', $2, true), set_config('app.environment_id', $3, true),
  set_config('app.actor', $4, true), set_config('app.request_id', $5, true)`;
const NOT_WAITING_FOR_THE_DISK = `, set_config('synchronous_commit', 'off', true)`;
const ONLY_READING = `, set_config('transaction_read_only', 'on', true)`;

type SystemWork<T> = (em: EntityManager, afterCommit: (callback: () => void) => void) => Promise<T>;
type Frame = readonly PreparedStatement[];
type Callbacks = Set<() => void>;

interface Transaction {
  /** Once, before anything is asked of it. */
  begin(): void;
  /** Goes with the commit. */
  last: PreparedStatement | undefined;
}

/**
 * The only place that opens a transaction. It switches to a role without BYPASSRLS and names the tenant and
 * environment, so that row-level security confines every statement, whatever a query forgot to say.
 */
@Injectable()
export class UnitOfWork {
  private readonly logger = new Logger(UnitOfWork.name);
  /** Environments whose clock cannot be moved. That is decided when one is made, so it may be remembered. */
  private readonly real = new BoundedSet();
  private readonly isOurs: boolean;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly clock: WallClock,
  ) {
    this.isOurs = isOurs(dataSource);
  }

  /**
   * Runs `work` in one transaction of the caller's scope. On a deadlock or serialization failure it runs
   * again, so `work` must have no effect outside of its transaction. `isBookkeeping` as in {@link runSystemAsync}.
   */
  run<T>(
    caller: Caller,
    work: (ctx: Ctx) => Promise<T>,
    { isBookkeeping = false }: { readonly isBookkeeping?: boolean } = {},
  ): Promise<T> {
    if (caller.whole?.isOver === false) return caller.whole.part(work);
    const enter = entrance(caller, isBookkeeping ? NOT_WAITING_FOR_THE_DISK : '');
    return this.transaction([BEGIN, enter], (em, callbacks) => this.inTime(caller, em, callbacks, work));
  }

  /** The same for work that only reads: the database refuses whatever would write. */
  read<T>(caller: Caller, work: (ctx: Ctx) => Promise<T>): Promise<T> {
    if (caller.whole?.isOver === false) return caller.whole.part(work);
    const enter = entrance(caller, ONLY_READING);
    return this.transaction([BEGIN, enter], (em, callbacks) => this.inTime(caller, em, callbacks, work));
  }

  /**
   * One transaction for all that `work` does: whatever unit of work is asked for with the caller that it is given is part
   * of it. The statement that it answers goes with the commit, and should it fail, nothing has happened.
   */
  whole<T>(
    caller: Caller,
    work: (caller: Caller) => Promise<{ readonly value: T; readonly last?: PreparedStatement }>,
  ): Promise<T> {
    return this.onTransaction([BEGIN, entrance(caller, '')], async (em, callbacks, transaction) => {
      const whole = new PartsOfOne((first) => {
        transaction.begin();
        return this.inTime(caller, em, callbacks, first);
      });
      try {
        const done = await work({ ...caller, whole });
        if (whole.hasFailed) throw new Error('a part of it has failed, which the whole does not say');
        transaction.last = done.last;
        return done.value;
      } finally {
        whole.isOver = true;
      }
    });
  }

  /**
   * The same in a transaction that somebody else has begun and ends, on a runner of ours. What asks to be called back after the
   * commit is added to `callbacks`.
   */
  async joined<T>(
    runner: QueryRunner,
    caller: Caller,
    callbacks: Callbacks,
    work: (caller: Caller) => Promise<T>,
  ): Promise<T> {
    const client = (await runner.connect()) as PoolClient;
    await queryFirst(client, [entrance(caller, '')]);
    const whole = new PartsOfOne((first) => this.inTime(caller, runner.manager, callbacks, first));
    try {
      const value = await work({ ...caller, whole });
      if (whole.hasFailed) throw new Error('a part of it has failed, which the whole does not say');
      return value;
    } finally {
      whole.isOver = true;
    }
  }

  private async inTime<T>(
    caller: Caller,
    em: EntityManager,
    callbacks: Callbacks,
    work: (ctx: Ctx) => Promise<T>,
  ): Promise<T> {
    const { environmentId } = caller.scope;
    const ctxAt = (now: Date): Ctx => ({
      ...caller,
      em,
      now,
      afterCommit: (callback) => callbacks.add(callback),
    });
    // In real time nothing has to be known before the work: its first statement goes with the frame.
    if (this.real.has(environmentId)) return work(ctxAt(this.clock.now()));
    const [found] = await queryPrepared<{ offset_ms: string | null; stands_at: Date | null }>(em, OFFSET, [
      environmentId,
      this.clock.now(),
    ]);
    // One that is just being made is not there yet, nor is its clock.
    if (found?.offset_ms === null) this.real.add(environmentId);
    const running = this.clock.now().getTime() + Number(found?.offset_ms ?? 0);
    return work(ctxAt(found?.stands_at ?? new Date(running)));
  }

  /** An environment's time for callers that open no unit of work: the hot paths. */
  async now(caller: Caller): Promise<Date> {
    return this.real.has(caller.scope.environmentId)
      ? this.clock.now()
      : this.run(caller, (ctx) => Promise.resolve(ctx.now));
  }

  /**
   * Runs `work` under the role that sees the queue tables of all tenants (outbox, jobs, and what is needed to
   * tell whose request it is) and nothing else.
   */
  runSystem<T>(work: SystemWork<T>): Promise<T> {
    return this.asSystem(work, '');
  }

  /** All environments of all tenants. */
  scopes(): Promise<Scope[]> {
    return this.runSystem((em) =>
      em.query<Scope[]>(
        'SELECT tenant_id AS "tenantId", id AS "environmentId" FROM environments ORDER BY tenant_id, id',
      ),
    );
  }

  /**
   * The same for bookkeeping that is made again when it is lost: who works on what, what was handed on. The answer does not
   * wait for the disk. Should the machine fail in the next moments, it is as if this had not been done yet; whatever
   * builds on it and does wait for the disk takes it there too.
   */
  runSystemAsync<T>(work: SystemWork<T>): Promise<T> {
    return this.asSystem(work, NOT_WAITING_FOR_THE_DISK);
  }

  /** One statement of {@link runSystemAsync}: one trip to the database. */
  executeSystem<R extends object>(sql: string, parameters: readonly unknown[]): Promise<R[]> {
    return this.statement(systemFrame(NOT_WAITING_FOR_THE_DISK), sql, parameters);
  }

  /** One statement of {@link runSystem}, durable when it settles: one trip to the database. */
  executeSystemDurably<R extends object>(sql: string, parameters: readonly unknown[]): Promise<R[]> {
    return this.statement(systemFrame(''), sql, parameters);
  }

  private statement<R extends object>(
    frame: Frame,
    sql: string,
    parameters: readonly unknown[],
  ): Promise<R[]> {
    return this.onConnection(async (client) => {
      const sent = queryFirst(client, [...frame, namedStatement(sql, parameters)]);
      return ((await commitBehind(client, sent)).at(-1) as QueryResult<R>).rows;
    });
  }

  private asSystem<T>(work: SystemWork<T>, settings: string): Promise<T> {
    return this.transaction(systemFrame(settings), (em, callbacks) =>
      work(em, (callback) => callbacks.add(callback)),
    );
  }

  /**
   * A call of a function of the schema, as a transaction of its own: one trip to the database. For functions that say
   * themselves as whom they run. The text must be one of few: each connection reads it once.
   */
  callFunction<R extends object>(sql: string, parameters: readonly unknown[]): Promise<R[]> {
    return this.onConnection(async (client) => (await client.query<R>(namedStatement(sql, parameters))).rows);
  }

  private transaction<T>(
    frame: Frame,
    work: (em: EntityManager, callbacks: Callbacks) => Promise<T>,
  ): Promise<T> {
    return this.onTransaction(frame, (em, callbacks, transaction) => {
      transaction.begin();
      return work(em, callbacks);
    });
  }

  private onTransaction<T>(
    frame: Frame,
    work: (em: EntityManager, callbacks: Callbacks, transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    return this.onConnection(async (client, runner) => {
      // What several changes ask for is done once.
      const callbacks: Callbacks = new Set();
      let begun: Promise<unknown> | undefined;
      const transaction: Transaction = {
        last: undefined,
        begin: () => {
          if (begun !== undefined) return;
          // One trip for the frame and for who works in it. The runner has to know, or it would begin and end its own.
          Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
          begun = queryFirst(client, frame);
          // Told below, when the work has ended.
          begun.catch(() => undefined);
        },
      };
      try {
        const value = await work(runner.manager, callbacks, transaction);
        if (transaction.last !== undefined) {
          transaction.begin();
          await commitBehind(client, queryTogether(client, [transaction.last])).finally(() =>
            Object.assign(runner, { isTransactionActive: false, transactionDepth: 0 }),
          );
        } else if (begun !== undefined) {
          await begun;
          await runner.commitTransaction();
        }
        for (const callback of callbacks) callback();
        return value;
      } catch (error) {
        await this.rollback(runner);
        // Where the frame has failed, that is why: nothing runs in a transaction that has failed.
        await begun;
        throw causeOf(client, error);
      }
    });
  }

  private async onConnection<T>(work: (client: PoolClient, runner: QueryRunner) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const runner = this.dataSource.createQueryRunner();
      let giveBack: (() => void) | undefined;
      try {
        const client = (await runner.connect()) as PoolClient;
        if (!this.isOurs) giveBack = borrow(client);
        return await work(client, runner);
      } catch (error) {
        if (!isTransactionConflict(error) || attempt > CONFLICT_RETRIES) throw error;
        this.logger.warn({ event: 'transaction.retried', attempt, err: error });
      } finally {
        giveBack?.();
        await runner.release();
      }
    }
  }

  private async rollback(runner: QueryRunner): Promise<void> {
    if (!runner.isTransactionActive) return;
    try {
      await runner.rollbackTransaction();
    } catch (error) {
      // A connection that is gone has rolled back by itself; the first error is the one to report.
      this.logger.warn({ event: 'transaction.rollback_failed', error: String(error) });
    }
  }
}

const systemFrame = (settings: string): Frame => [
  BEGIN,
  namedStatement(`SELECT ${SETTINGS}${settings}`, ['flexprice_system']),
];

function entrance({ scope, actor, requestId }: Caller, settings: string): PreparedStatement {
  const { tenantId, environmentId } = scope;
  if (!SAFE_ID.test(tenantId) || !SAFE_ID.test(environmentId)) throw new Error('malformed scope');
  return namedStatement(`SELECT ${SCOPE}${settings}`, [
    'flexprice_app',
    tenantId,
    environmentId,
    actor,
    requestId,
  ]);
}

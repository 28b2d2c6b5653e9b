import { Inject, Injectable, Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { DataSource, EntityManager, EntitySubscriberInterface, QueryRunner } from 'typeorm';
import { invalidOperation } from '../../domain/errors.js';
import type { Caller } from '../context.js';
import { borrow, DATA_SOURCE } from './data-source.js';
import { UnitOfWork } from './unit-of-work.js';

/** What a unit of work sets for itself, and the host's transaction had otherwise. */
const SETTINGS = [
  'role',
  'search_path',
  'app.tenant_id',
  'app.environment_id',
  'app.actor',
  'app.request_id',
] as const;
const REMEMBER = `SELECT ${SETTINGS.map((name, i) => `current_setting('${name}', true) AS s${i}`).join(', ')}`;
const RESTORE = `SELECT ${SETTINGS.map((name, i) => `set_config('${name}', $${i + 1}, true)`).join(', ')}`;
const SAVEPOINT = 'flexprice_part';

/**
 * Work that is part of a transaction of the host's, on its connection: the host's commit decides. The host's data source needs
 * to know nothing of ours. What fails is taken back to where it began, so the host may catch it and go on.
 *
 * What is to happen after the commit happens when TypeORM tells of it. Should the host commit by other means, the sweeper finds
 * the jobs and events, which are rows of the same transaction.
 */
@Injectable()
export class HostTransactions {
  private readonly logger = new Logger(HostTransactions.name);
  private readonly callbacks = new WeakMap<QueryRunner, Set<() => void>>();
  private readonly watched = new WeakSet<DataSource>();

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly uow: UnitOfWork,
  ) {}

  /** Whatever unit of work is asked for with the caller that `work` is given is part of the transaction. */
  async run<T>(manager: EntityManager, caller: Caller, work: (caller: Caller) => Promise<T>): Promise<T> {
    const host = manager.queryRunner;
    if (host?.isTransactionActive !== true)
      throw invalidOperation(
        'the EntityManager has no open transaction: pass the one that dataSource.transaction() gives',
        'no_transaction',
      );
    const client = (await host.connect()) as PoolClient;
    const giveBack = borrow(client);
    try {
      await client.query(`SAVEPOINT ${SAVEPOINT}`);
      const before = await client.query<Record<string, string | null>>(REMEMBER);
      try {
        const value = await this.uow.joined(this.runnerOn(client), caller, this.callbacksOf(host), work);
        await client.query(
          RESTORE,
          SETTINGS.map((_, i) => before.rows[0]?.[`s${i}`] ?? ''),
        );
        await client.query(`RELEASE SAVEPOINT ${SAVEPOINT}`);
        return value;
      } catch (error) {
        // It takes the settings back, too.
        await client.query(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}; RELEASE SAVEPOINT ${SAVEPOINT}`);
        throw error;
      }
    } finally {
      giveBack();
    }
  }

  /** Ours, for our entities; it neither begins nor ends anything on the host's connection. */
  private runnerOn(client: PoolClient): QueryRunner {
    return Object.assign(this.dataSource.createQueryRunner(), {
      connect: () => Promise.resolve(client),
      isTransactionActive: true,
      transactionDepth: 1,
    });
  }

  private callbacksOf(host: QueryRunner): Set<() => void> {
    this.watch(host.manager.dataSource);
    const known = this.callbacks.get(host) ?? new Set();
    this.callbacks.set(host, known);
    return known;
  }

  private watch(dataSource: DataSource): void {
    if (this.watched.has(dataSource)) return;
    this.watched.add(dataSource);
    const subscriber: EntitySubscriberInterface = {
      afterTransactionCommit: ({ queryRunner }) => {
        // The end of a savepoint is told as a commit too.
        if (!queryRunner.isTransactionActive) this.committed(queryRunner);
      },
      afterTransactionRollback: ({ queryRunner }) => {
        if (!queryRunner.isTransactionActive) this.callbacks.delete(queryRunner);
      },
    };
    dataSource.subscribers.push(subscriber);
  }

  private committed(host: QueryRunner): void {
    const callbacks = this.callbacks.get(host);
    if (callbacks === undefined) return;
    this.callbacks.delete(host);
    for (const callback of callbacks)
      try {
        callback();
      } catch (error) {
        // It is the host's commit, which has happened.
        this.logger.warn({ event: 'transaction.callback_failed', err: error });
      }
  }
}

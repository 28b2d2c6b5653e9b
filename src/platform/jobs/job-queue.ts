import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { WallClock } from '../time/clock.js';
import type { Ctx, Scope } from '../context.js';
import { queryPrepared } from '../database/prepared.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { newId } from '../ids.js';
import { JOB_TRANSPORT, type JobSpec, type JobTransport, type KeyedJobSpec } from './job.js';
import type { JobKind, JobMap } from './job-map.js';

/** Where work for later is written down, in the transaction that makes it necessary. */
@Injectable()
export class JobQueue {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    @Inject(JOB_TRANSPORT) private readonly transport: JobTransport,
  ) {}

  /** Writes job rows; a second one with the same kind and key is the first one. */
  async enqueue(ctx: Ctx, ...specs: readonly JobSpec[]): Promise<void> {
    await this.insert(ctx.em, ctx.scope, specs, (callback) => {
      ctx.afterCommit(callback);
    });
  }

  /** The same in a scope that the caller names: the relay's transaction spans environments. */
  async insert(
    em: EntityManager,
    scope: Scope,
    specs: readonly JobSpec[],
    afterCommit: (callback: () => void) => void,
  ): Promise<void> {
    if (specs.length === 0) return;
    const now = this.clock.now();
    const rows = specs.map((spec) => {
      const id = newId('job');
      return {
        id,
        kind: spec.kind,
        key: spec.key ?? id,
        payload: spec.payload,
        run_at: (spec.runAt ?? now).toISOString(),
      };
    });
    const inserted = await queryPrepared<{ id: string; kind: string; run_at: Date }>(
      em,
      `INSERT INTO jobs (id, tenant_id, environment_id, kind, key, payload, run_at, announced_at, retry_window_start, created_at, updated_at)
       SELECT r.id, $2, $3, r.kind, r.key, r.payload, r.run_at, $4, $5, $5, $5
         FROM jsonb_to_recordset($1::jsonb)
           AS r(id text, kind text, key text, payload jsonb, run_at timestamptz)
       ON CONFLICT (tenant_id, environment_id, kind, key) DO NOTHING
       RETURNING id, kind, run_at`,
      [JSON.stringify(rows), scope.tenantId, scope.environmentId, this.transport.delivers ? now : null, now],
    );
    if (inserted.length > 0)
      afterCommit(() => {
        this.transport.announce(inserted.map(({ id, kind, run_at: runAt }) => ({ id, kind, runAt })));
      });
  }

  /**
   * A job that nothing else is written down with, durable when it settles. One trip to the database, for callers that hold
   * requests until then.
   */
  async enqueueDurably<K extends JobKind>(scope: Scope, kind: K, payload: JobMap[K]): Promise<void> {
    const announcement = this.announcement(kind);
    const id = newId('job');
    await this.uow.executeSystemDurably(
      `INSERT INTO jobs (id, tenant_id, environment_id, kind, key, payload, run_at, announced_at, retry_window_start, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $1, $5, $7, $6, $7, $7, $7)`,
      [
        id,
        scope.tenantId,
        scope.environmentId,
        kind,
        JSON.stringify(payload),
        announcement.at,
        announcement.now,
      ],
    );
    announcement.announce([id]);
  }

  /**
   * For a function of the schema that stores jobs together with what makes them necessary: the time at which such a row is
   * announced (null when nothing is), and how to announce it once it is durable.
   */
  announcement(kind: JobKind): {
    readonly at: Date | null;
    readonly now: Date;
    announce(ids: readonly string[]): void;
  } {
    const now = this.clock.now();
    return {
      at: this.transport.delivers ? now : null,
      now,
      announce: (ids) => {
        if (ids.length > 0) this.transport.announce(ids.map((id) => ({ id, kind, runAt: now })));
      },
    };
  }

  /**
   * Makes the job of that kind and key due now, whatever became of it before; creates it when there is none. One that is
   * running keeps its worker and is due again when that is through: another time to run at tells it so.
   */
  async requeue(ctx: Ctx, spec: KeyedJobSpec): Promise<void> {
    const now = this.clock.now();
    const runAt = spec.runAt ?? now;
    const [rows] = await ctx.em.query<[{ id: string; state: string }[], number]>(
      `UPDATE jobs SET
              state = CASE state WHEN 'running' THEN state ELSE 'queued' END,
              run_at = CASE state WHEN 'running' THEN greatest($5::timestamptz, run_at + interval '1 millisecond') ELSE $5 END,
              attempts = CASE state WHEN 'running' THEN attempts ELSE 0 END,
              lease_until = CASE state WHEN 'running' THEN lease_until END,
              announced_at = $6, finished_at = NULL, retry_window_start = $7, updated_at = $7, payload = $8
        WHERE tenant_id = $1 AND environment_id = $2 AND kind = $3 AND key = $4
        RETURNING id, state`,
      [
        ctx.scope.tenantId,
        ctx.scope.environmentId,
        spec.kind,
        spec.key,
        runAt,
        this.transport.delivers ? now : null,
        now,
        JSON.stringify(spec.payload),
      ],
    );
    if (rows.length === 0) return this.enqueue(ctx, spec);
    const due = rows.filter(({ state }) => state !== 'running');
    if (due.length === 0) return;
    ctx.afterCommit(() => {
      this.transport.announce(due.map(({ id }) => ({ id, kind: spec.kind, runAt })));
    });
  }
}

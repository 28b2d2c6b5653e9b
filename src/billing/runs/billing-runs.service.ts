import { Injectable } from '@nestjs/common';
import { notFound } from '../../domain/errors.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../../platform/database/columns.js';
import { findRow, insertRow, updateRow } from '../../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../../platform/http/list-query.js';
import { BillingRunEntity, type BillingRunFailure, type BillingRunTrigger } from './billing-run.entity.js';

export type BillingRunRow = Readonly<BillingRunEntity>;

/** Without a sign of life for that long, in real time, the process of a run is dead. */
const SILENCE_MS = 5 * 60_000;
/** So many failures are named on a run; all are counted. */
const MAX_FAILURES = 1000;

export interface BillingProgress {
  readonly subscriptions: number;
  readonly periods: number;
  readonly invoices: number;
  readonly invoicesSkipped: number;
}

/** The record of billing runs: what each has done, and what it could not do. */
@Injectable()
export class BillingRunsService {
  constructor(private readonly clock: WallClock) {}

  create(ctx: Ctx, trigger: BillingRunTrigger): Promise<BillingRunRow> {
    return insertRow(ctx.em, BillingRunEntity, {
      ...auditColumnsForInsert(ctx, 'billingRun'),
      trigger,
      runStatus: trigger === 'manual' ? 'queued' : 'running',
      startedAt: ctx.now,
      finishedAt: null,
      heartbeatAt: this.clock.now(),
      subscriptions: 0,
      periods: 0,
      invoices: 0,
      invoicesSkipped: 0,
      failed: 0,
      failures: [],
    });
  }

  async get(ctx: Ctx, id: string): Promise<BillingRunRow> {
    const row = await findRow(ctx.em, BillingRunEntity, { id });
    if (row === null) throw notFound('billing run', id);
    return row;
  }

  list(ctx: Ctx, request: ListRequest): Promise<{ rows: BillingRunRow[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(BillingRunEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    return findPage(query, request, {});
  }

  async start(ctx: Ctx, id: string): Promise<void> {
    await updateRow(ctx.em, BillingRunEntity, id, {
      ...auditColumnsForUpdate(ctx),
      runStatus: 'running',
      heartbeatAt: this.clock.now(),
    });
  }

  /** Adds up what was done, in the transaction that has done it: a crash takes both or none. */
  async progress(ctx: Ctx, id: string, done: BillingProgress): Promise<void> {
    await ctx.em.query(
      `UPDATE billing_runs
          SET subscriptions = subscriptions + $2, periods = periods + $3, invoices = invoices + $4,
              invoices_skipped = invoices_skipped + $5, heartbeat_at = $6, updated_at = $7, updated_by = $8
        WHERE id = $1`,
      [
        id,
        done.subscriptions,
        done.periods,
        done.invoices,
        done.invoicesSkipped,
        this.clock.now(),
        ctx.now,
        ctx.actor,
      ],
    );
  }

  async fail(ctx: Ctx, id: string, failure: BillingRunFailure): Promise<void> {
    await ctx.em.query(
      `UPDATE billing_runs
          SET failed = failed + 1, heartbeat_at = $3, updated_at = $4, updated_by = $5,
              failures = CASE WHEN jsonb_array_length(failures) < ${MAX_FAILURES} THEN failures || $2::jsonb ELSE failures END
        WHERE id = $1`,
      [id, JSON.stringify([failure]), this.clock.now(), ctx.now, ctx.actor],
    );
  }

  async finish(ctx: Ctx, id: string): Promise<void> {
    await updateRow(ctx.em, BillingRunEntity, id, {
      ...auditColumnsForUpdate(ctx),
      runStatus: 'completed',
      finishedAt: ctx.now,
    });
  }

  /** What the clock's runs have left behind whose processes died; what they had not done, the next one does. */
  async closeSilent(ctx: Ctx): Promise<void> {
    await ctx.em.query(
      `UPDATE billing_runs SET run_status = 'interrupted', finished_at = $2, updated_at = $2, updated_by = $3
        WHERE run_status = 'running' AND trigger = 'clock' AND heartbeat_at < $1`,
      [new Date(this.clock.now().getTime() - SILENCE_MS), ctx.now, ctx.actor],
    );
  }
}

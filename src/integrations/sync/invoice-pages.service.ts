import { Injectable, Logger } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { money, type Money } from '../../domain/money.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import { updateRow } from '../../platform/database/rows.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import type { MadeInvoice } from '../../providers/provider-lists.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncOperationEntity } from './sync-operation.entity.js';
import { SyncOperationsService } from './sync-operations.service.js';
import { SWEEP_JOB, type SyncOperation } from './sync.types.js';

/** Many fit into one call of a provider; those that a page of a list does not show are asked for with the next one. */
const MOST_AT_ONCE = 500;
/** Pages are asked for soon after, but so that those of invoices pushed together are asked for together. */
const SOON_MS = 300;
/** A request that was believed lost may still be at work; after this long nobody waits for it any more. */
const DOUBT_MS = 60 * 60_000;

/** Pushed invoices of which something is to be looked up: their pages, or whether a lost request has made them twice. */
export interface Unclear {
  readonly missing: readonly SyncOperation[];
  readonly doubtful: readonly SyncOperation[];
  /** No remote object of any of them is older. */
  readonly since: Date;
}

@Injectable()
export class InvoicePages {
  private readonly logger = new Logger(InvoicePages.name);

  constructor(
    private readonly clock: WallClock,
    private readonly queue: JobQueue,
    private readonly invoices: InvoicesService,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
  ) {}

  /** The page of a pushed invoice is asked for in the background: with those of others where the provider lists them. */
  async askLater(ctx: Ctx, connection: Connection, invoiceId: string, isListed: boolean): Promise<void> {
    const intent = { entityType: 'invoice', entityId: invoiceId, action: 'refresh', revision: 1 } as const;
    await this.operations.plan(ctx, connection, intent, !isListed);
    this.logger.warn({
      event: 'sync.page_missing',
      connection_id: connection.id,
      invoice_id: invoiceId,
      message: `the invoice is at ${connection.provider}, its page is not known yet: it is asked for in the background`,
    });
    if (isListed) await this.sweepSoon(ctx, connection.id);
  }

  async sweepSoon(ctx: Ctx, connectionId: string): Promise<void> {
    await this.queue.requeue(ctx, {
      kind: SWEEP_JOB,
      key: connectionId,
      payload: { connectionId },
      runAt: new Date(this.clock.now().getTime() + SOON_MS),
    });
  }

  /** Undefined when everything is clear. */
  async unclear(ctx: Ctx, connectionId: string): Promise<Unclear | undefined> {
    const missing = await this.missing(ctx, connectionId);
    const doubtful = await ctx.em
      .createQueryBuilder(SyncOperationEntity, 'row')
      .where(`row.connectionId = :connectionId AND row.entityType = 'invoice'`, { connectionId })
      .andWhere(`row.action IN ('push', 'settle_part')`)
      // Skipped after a try: taken back.
      .andWhere(`row.state IN ('succeeded', 'skipped') AND row.attempts > 1 AND row.finishedAt > :until`, {
        until: new Date(this.clock.now().getTime() - DOUBT_MS),
      })
      .andWhere(
        `EXISTS (SELECT 1 FROM sync_attempts tried WHERE tried.operation_id = row.id
                  AND (tried.outcome IS NULL OR tried.outcome = 'unavailable'))`,
      )
      .limit(MOST_AT_ONCE)
      .getMany();
    const times = [
      ...missing.map((one) => one.createdAt),
      ...doubtful.map((one) => one.firstTriedAt ?? one.createdAt),
    ];
    if (times.length === 0) return undefined;
    return { missing, doubtful, since: new Date(Math.min(...times.map((time) => time.getTime()))) };
  }

  missing(ctx: Ctx, connectionId: string): Promise<SyncOperation[]> {
    return ctx.em
      .createQueryBuilder(SyncOperationEntity, 'row')
      .where(`row.connectionId = :connectionId AND row.entityType = 'invoice' AND row.action = 'refresh'`, {
        connectionId,
      })
      .andWhere(`row.state IN ('pending', 'retrying')`)
      .orderBy('row.createdAt')
      .limit(MOST_AT_ONCE)
      .getMany();
  }

  /** True when pushes are under way whose pages can be asked for together with those that are missing now. */
  async othersUnderWay(ctx: Ctx, connectionId: string): Promise<boolean> {
    return ctx.em
      .createQueryBuilder(SyncOperationEntity, 'row')
      .where(`row.connectionId = :connectionId AND row.entityType = 'invoice' AND row.action = 'push'`, {
        connectionId,
      })
      .andWhere(`row.state IN ('pending', 'running')`)
      .limit(1)
      .getExists();
  }

  /** What a provider was asked to collect for the invoice last, as far as it has answered; by us, whatever it has made of it. */
  async amountAsked(ctx: Ctx, connectionId: string, invoiceId: string): Promise<Money | undefined> {
    const [row] = await ctx.em.query<{ asked: { amount: string; currency: string } | null }[]>(
      `SELECT coalesce(snapshot -> 'push' -> 'amountDue', snapshot -> 'amountDue') AS asked
         FROM sync_operations
        WHERE tenant_id = $1 AND environment_id = $2 AND connection_id = $3
          AND entity_type = 'invoice' AND entity_id = $4 AND action IN ('push', 'settle_part') AND state = 'succeeded'
          AND (snapshot ? 'amountDue' OR snapshot ? 'push')
        ORDER BY finished_at DESC LIMIT 1`,
      [ctx.scope.tenantId, ctx.scope.environmentId, connectionId, invoiceId],
    );
    return row?.asked ? money(BigInt(row.asked.amount), row.asked.currency) : undefined;
  }

  async attach(ctx: Ctx, connection: Connection, made: MadeInvoice): Promise<void> {
    const { hostedUrl, invoiceId, metadata, remoteId } = made;
    if (hostedUrl === undefined) return;
    await this.mappings.link(ctx, connection, 'invoice', invoiceId, remoteId, { hosted_url: hostedUrl });
    await this.invoices.attachRemote(ctx, invoiceId, { metadata, pdfUrl: undefined });
    const intent = { entityType: 'invoice', entityId: invoiceId, action: 'refresh', revision: 1 } as const;
    const refresh = await this.operations.findIntent(ctx, connection.id, intent);
    if (refresh === null || refresh.finishedAt !== null) return;
    await updateRow(ctx.em, SyncOperationEntity, refresh.id, { providerEntityId: remoteId, error: null });
    await this.operations.finish(ctx, refresh, 'succeeded', 'its page was asked for with those of others');
  }
}

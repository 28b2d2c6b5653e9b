import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { formatMoney } from '../../domain/money.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { nextRetry } from '../../platform/jobs/backoff.js';
import type { JobOutcome, JobRun } from '../../platform/jobs/job.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import type { InvoiceOperations } from '../../providers/provider-adapter.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { MadeInvoice } from '../../providers/provider-lists.js';
import type { RemoteInvoice } from '../../providers/provider-objects.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { InvoicePages, type Unclear } from '../sync/invoice-pages.service.js';
import { RemoteInvoicesService } from '../sync/remote-invoices.service.js';
import { SyncNotes } from '../sync/sync-notes.service.js';
import { SyncOperationsService } from '../sync/sync-operations.service.js';
import { SWEEP_JOB } from '../sync/sync.types.js';

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'sync.sweep': { readonly connectionId: string };
  }
}

/** One call of a provider lists about a hundred. What is left is listed the next time. */
const MOST_LISTED = 2_000;
/** While more are being pushed, their pages are waited for until so many are missing, or one is for so long. */
const A_CALL_FULL = 100;
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 1_000;

/**
 * Looks through what a provider has made for us: for pages to pay on that a push could not read or has left out, and for
 * second invoices. A provider without idempotency makes one when a request that was believed lost is still at work
 * after the next try has looked, found nothing and made its own. The mapped one stays; whatever else can be paid is void.
 */
@Injectable()
export class InvoiceReconciler implements OnModuleInit {
  private readonly logger = new Logger(InvoiceReconciler.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    private readonly connections: ConnectionsService,
    private readonly sessions: ProviderSessionsService,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
    private readonly pages: InvoicePages,
    private readonly remoteInvoices: RemoteInvoicesService,
    private readonly notes: SyncNotes,
  ) {}

  onModuleInit(): void {
    this.handlers.register({ kind: SWEEP_JOB, handle: (run) => this.run(run) });
  }

  /** Looks once. Answers how many pages were found and how many second invoices were made harmless. */
  async sweep(caller: Caller, connection: Connection): Promise<number> {
    const { invoices } = this.sessions.open(connection);
    if (invoices?.listMade === undefined) return 0;
    const unclear = await this.uow.run(caller, (ctx) => this.pages.unclear(ctx, connection.id));
    if (unclear === undefined) return 0;
    const missing = new Set(unclear.missing.map((one) => one.entityId));
    const all = new Set([...missing, ...unclear.doubtful.map((one) => one.entityId)]);
    let listed = 0;
    let found = 0;
    for await (const made of invoices.listMade(unclear.since)) {
      if (all.has(made.invoiceId) && (await this.look(caller, connection, invoices, made))) found += 1;
      missing.delete(made.invoiceId);
      listed += 1;
      if (listed >= MOST_LISTED || (missing.size === 0 && unclear.doubtful.length === 0)) break;
    }
    return found;
  }

  private async look(
    caller: Caller,
    connection: Connection,
    invoices: InvoiceOperations,
    made: MadeInvoice,
  ): Promise<boolean> {
    const entity = { entityType: 'invoice', entityId: made.invoiceId } as const;
    const { mapping, pushed, unfinished } = await this.uow.run(caller, async (ctx) => ({
      mapping: await this.mappings.find(ctx, connection.id, 'invoice', made.invoiceId),
      pushed: await this.pages.amountAsked(ctx, connection.id, made.invoiceId),
      unfinished: await this.operations.unfinishedOf(ctx, connection.id, entity),
    }));
    // Somebody is at it, and takes what they have made for their own.
    if (unfinished.some(({ action }) => action !== 'refresh')) return false;
    if (mapping?.providerEntityId === made.remoteId) {
      if (mapping.metadata.hosted_url !== undefined) return false;
      const { total } = made;
      const agrees =
        pushed === undefined ||
        total === undefined ||
        (total.amount === pushed.amount && total.currency === pushed.currency);
      if (!agrees) return this.refuse(caller, connection, invoices, made, formatMoney(pushed));
      await this.uow.run(caller, (ctx) => this.pages.attach(ctx, connection, made));
      return true;
    }
    if (mapping === null) return false;
    // Where none is mapped it was taken back: what a lost request has made after that is nobody's.
    return this.stray(caller, connection, invoices, made, mapping.providerEntityId ?? undefined);
  }

  private async stray(
    caller: Caller,
    connection: Connection,
    invoices: InvoiceOperations,
    { invoiceId, remoteId }: MadeInvoice,
    mappedId: string | undefined,
  ): Promise<boolean> {
    const stray = await invoices.fetch(remoteId);
    if (stray === null || stray.status === 'void') return false;
    if (stray.status === 'paid')
      return this.paidStray(caller, connection, invoices, { invoiceId, mappedId, stray });
    await this.makeVoid(invoices, remoteId);
    await this.note(caller, connection, invoiceId, remoteId, {
      reason: `a lost request had made ${remoteId} as well; ${mappedId ?? 'none'} stays, and ${remoteId} was made void`,
    });
    return true;
  }

  /** Somebody was quicker: what was paid on the wrong one is money for our invoice, and the other one may not be paid too. */
  private async paidStray(
    caller: Caller,
    connection: Connection,
    invoices: InvoiceOperations,
    { invoiceId, mappedId, stray }: { invoiceId: string; mappedId: string | undefined; stray: RemoteInvoice },
  ): Promise<boolean> {
    const mapped = mappedId === undefined ? null : await invoices.fetch(mappedId);
    if (mapped?.status === 'open') await this.makeVoid(invoices, mapped.remoteId);
    return this.uow.run(caller, async (ctx) => {
      const isNew = await this.remoteInvoices.applyStray(ctx, connection, invoiceId, stray);
      if (isNew)
        await this.notes.write(ctx, connection, await this.intentOf(ctx, connection, invoiceId), {
          state: 'succeeded',
          reason: `a lost request had made ${stray.remoteId} as well, and it was paid: its money is on this invoice`,
          providerEntityId: stray.remoteId,
          isWarning: true,
        });
      return isNew;
    });
  }

  /** The provider has opened it over another amount than ours: it may not be paid, and somebody has to know why. */
  private async refuse(
    caller: Caller,
    connection: Connection,
    invoices: InvoiceOperations,
    { invoiceId, remoteId, total }: MadeInvoice,
    owed: string,
  ): Promise<boolean> {
    await this.makeVoid(invoices, remoteId);
    const made = total === undefined ? 'another amount' : `${formatMoney(total)} ${total.currency}`;
    await this.note(caller, connection, invoiceId, remoteId, {
      reason: `${connection.provider} has made ${remoteId} over ${made} where ${owed} is owed: it was made void`,
    });
    await this.uow.run(caller, async (ctx) => {
      const intent = { entityType: 'invoice', entityId: invoiceId, action: 'refresh', revision: 1 } as const;
      const refresh = await this.operations.findIntent(ctx, connection.id, intent);
      if (refresh !== null && refresh.finishedAt === null)
        await this.operations.finish(ctx, refresh, 'failed', 'the provider makes another total of it');
    });
    return true;
  }

  private async makeVoid(invoices: InvoiceOperations, remoteId: string): Promise<void> {
    await invoices.void?.(remoteId, {
      key: `stray:${remoteId}:void`,
      firstTriedAt: this.clock.now(),
      number: 1,
    });
  }

  private note(
    caller: Caller,
    connection: Connection,
    invoiceId: string,
    providerEntityId: string,
    { reason }: { reason: string },
  ): Promise<void> {
    return this.uow.run(caller, async (ctx) =>
      this.notes.write(ctx, connection, await this.intentOf(ctx, connection, invoiceId), {
        state: 'succeeded',
        reason,
        providerEntityId,
        isWarning: true,
      }),
    );
  }

  private async intentOf(
    ctx: Parameters<SyncNotes['write']>[0],
    connection: Connection,
    entityId: string,
  ): Promise<Parameters<SyncNotes['write']>[2]> {
    const of = { entityType: 'invoice', entityId, action: 'void_stray' } as const;
    return { ...of, revision: await this.notes.nextRevision(ctx, connection.id, of) };
  }

  private async run(run: JobRun<typeof SWEEP_JOB>): Promise<JobOutcome | undefined> {
    const { caller, attempt, retryingSince } = run;
    const { connectionId } = run.payload;
    const state = await this.uow.run(caller, async (ctx) => ({
      connection: await this.connections.find(ctx, connectionId),
      missing: await this.pages.missing(ctx, connectionId),
      others: await this.pages.othersUnderWay(ctx, connectionId),
    }));
    const { connection, missing } = state;
    if (connection === null || missing.length === 0) return undefined;
    const now = this.clock.now();
    const again: JobOutcome = {
      retryAt: nextRetry(now, retryingSince, attempt) ?? new Date(now.getTime() + PATIENCE_MS),
      reason: 'pages are still missing',
      failed: true,
    };
    if (connection.connectionState === 'paused') return again;
    if (state.others && isEarly(missing, now))
      return { retryAt: new Date(now.getTime() + LOOK_AGAIN_MS), reason: 'more are being pushed' };
    try {
      await this.sweep(caller, connection);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      this.logger.warn({
        event: 'sync.pages_not_read',
        connection_id: connectionId,
        message: `${connection.provider} did not show the pages of ${missing.length} invoices, which are asked for again`,
        err: error,
      });
      await this.uow.run(caller, (ctx) => this.connections.recordFailure(ctx, connectionId, error));
      return again;
    }
    const left = await this.uow.run(caller, (ctx) => this.pages.missing(ctx, connectionId));
    return left.length > 0 ? again : undefined;
  }
}

const isEarly = ({ length, 0: first }: Unclear['missing'], now: Date): boolean =>
  length < A_CALL_FULL && first !== undefined && now.getTime() - first.createdAt.getTime() < PATIENCE_MS;

import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { BillingError } from '../../domain/errors.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { JobOutcome } from '../../platform/jobs/job.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import type { OutboxEvent } from '../../platform/outbox/outbox-event.js';
import { OutboxSubscribers } from '../../platform/outbox/outbox-subscribers.js';
import { PaymentReversals } from '../../payments/payment-reversals.service.js';
import {
  reversalsOf,
  type InvoiceOperations,
  type ProviderSession,
} from '../../providers/provider-adapter.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { OpenInvoice } from '../../providers/provider-lists.js';
import { ProvidersService } from '../../providers/providers.service.js';
import { InboundDispatcher } from '../inbound-webhooks/inbound-dispatcher.js';
import { WebhookHealthFlow } from './webhook-health.flow.js';
import { reportedReversals } from '../sync/reported-reversals.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncNotes } from '../sync/sync-notes.service.js';
import { InvoiceReconciler } from './invoice-reconciler.flow.js';
import { RECONCILE_OPTIONS, type ReconcileOptions } from './reconcile.options.js';
import { changed, OpenInvoices } from './open-invoices.service.js';
import { PendingPaymentsPoller } from './pending-payments-poller.flow.js';

const BEGIN_JOB = 'reconcile.begin';
const POLL_JOB = 'reconcile.poll';
declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'reconcile.begin': OutboxEvent<'connection.created'>;
    'reconcile.poll': { readonly connectionId: string };
  }
}

/** Providers' clocks and lists lag a little; asking a little further back costs nothing. */
const OVERLAP_MS = 10 * 60_000;
const FIRST_LOOK_BACK_MS = 24 * 60 * 60_000;
/** A poll asks for at most so many open invoices, about a hundred a call, and so many changed ones, one by one. */
const MOST_LISTED = 2_000;
const MOST_CHANGED = 100;

/** Asks providers what they would have told us: a webhook that was lost is found by looking. */
@Injectable()
export class Reconciler implements OnModuleInit {
  private readonly logger = new Logger(Reconciler.name);

  constructor(
    @Inject(RECONCILE_OPTIONS) private readonly options: ReconcileOptions,
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    private readonly subscribers: OutboxSubscribers,
    private readonly queue: JobQueue,
    private readonly connections: ConnectionsService,
    private readonly sessions: ProviderSessionsService,
    private readonly providers: ProvidersService,
    private readonly mappings: MappingsService,
    private readonly open: OpenInvoices,
    private readonly sweep: InvoiceReconciler,
    private readonly notes: SyncNotes,
    private readonly dispatcher: InboundDispatcher,
    private readonly reversals: PaymentReversals,
    private readonly undecided: PendingPaymentsPoller,
    private readonly webhooks: WebhookHealthFlow,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({ jobKind: BEGIN_JOB, eventTypes: ['connection.created'] });
    this.handlers.register({
      kind: BEGIN_JOB,
      handle: async ({ caller, payload }) => {
        const { entityId: connectionId } = payload;
        await this.uow.run(caller, (ctx) =>
          this.queue.enqueue(ctx, {
            kind: POLL_JOB,
            key: connectionId,
            payload: { connectionId },
            runAt: this.nextRun(),
          }),
        );
        return undefined;
      },
    });
    this.handlers.register({
      kind: POLL_JOB,
      holdsClock: 'never',
      handle: ({ caller, payload }) => this.poll(caller, payload.connectionId),
    });
  }

  /** Looks once. Answers how many invoices and payments were brought up to date. */
  async reconcile(caller: Caller, connection: Connection): Promise<number> {
    const { invoices } = this.sessions.open(connection);
    const steps = [
      () => this.sweep.sweep(caller, connection),
      () => (invoices?.listOpen === undefined ? 0 : this.compareOpen(caller, connection, invoices)),
      () => this.followSettled(caller, connection),
      () => this.webhooks.check(caller, connection).then(() => 0),
    ];
    let count = 0;
    let forbidden: ProviderError | undefined;
    for (const step of steps)
      try {
        count += await step();
      } catch (error) {
        // A permission that one step lacks is none that the others lack.
        if (!(error instanceof ProviderError) || error.kind !== 'forbidden') throw error;
        forbidden = error;
      }
    if (forbidden !== undefined && count === 0) throw forbidden;
    return count;
  }

  /** Where the provider says what was settled or has gone back since. */
  private async followSettled(caller: Caller, connection: Connection): Promise<number> {
    const session = this.sessions.open(connection);
    const { invoices, payments } = session;
    if (!invoices?.listSettled && !reversalsOf(session)?.listReversed && !payments?.listFinalized) return 0;
    const [open, collected, undecided] = await this.uow.run(caller, async (ctx) => [
      await this.mappings.hasOpenInvoices(ctx, connection.id),
      await this.reversals.hasCollected(ctx, connection.id),
      await this.undecided.has(ctx, connection.id),
    ]);
    const until = this.clock.now();
    const since = new Date(
      (connection.lastPolledAt?.getTime() ?? until.getTime() - FIRST_LOOK_BACK_MS) - OVERLAP_MS,
    );
    let count = 0;
    if (open) count += await this.settled(caller, connection, session, since);
    if (undecided && payments) count += await this.undecided.follow(caller, connection, payments, since);
    // Money of an invoice that was paid long ago can still go back.
    if (collected) count += await this.reversed(caller, connection, session, since);
    if (open || collected || undecided)
      await this.uow.run(caller, (ctx) => this.connections.recordPolled(ctx, connection.id, until));
    return count;
  }

  private async settled(
    caller: Caller,
    connection: Connection,
    { invoices }: ProviderSession,
    since: Date,
  ): Promise<number> {
    if (invoices?.listSettled === undefined || invoices.listOpen !== undefined) return 0;
    let count = 0;
    for await (const { remoteId } of invoices.listSettled(since)) {
      if (!(await this.isBehind(caller, connection, remoteId))) continue;
      if (await this.takeOver(caller, connection, invoices, remoteId)) count += 1;
    }
    return count;
  }

  /** Asks for a payment only where something of it has gone back that we do not know of. */
  private async reversed(
    caller: Caller,
    connection: Connection,
    session: ProviderSession,
    since: Date,
  ): Promise<number> {
    const back = reversalsOf(session);
    if (back?.listReversed === undefined) return 0;
    let count = 0;
    for await (const { remotePaymentId, reversals } of back.listReversed(since)) {
      const of = { connectionId: connection.id, gatewayPaymentId: remotePaymentId };
      const told = reportedReversals(reversals);
      if (!(await this.uow.run(caller, (ctx) => this.reversals.isBehind(ctx, of, ...told)))) continue;
      const now = (await back.fetch(remotePaymentId))?.reversals;
      if (now === undefined) continue;
      await this.uow.run(caller, (ctx) => this.reversals.report(ctx, of, ...reportedReversals(now)));
      count += 1;
    }
    return count;
  }

  /**
   * Where it only says what is open: what was open here and is not in that list, or is called something else there, is
   * asked for. So a poll costs a call for each hundred open invoices, and two for each that has changed.
   */
  private async compareOpen(
    caller: Caller,
    connection: Connection,
    invoices: InvoiceOperations,
  ): Promise<number> {
    const startedAt = this.clock.now();
    const known = await this.uow.run(caller, (ctx) => this.open.next(ctx, connection.id, MOST_LISTED));
    const [oldest] = known;
    if (oldest === undefined) {
      this.open.remember(connection.id, undefined);
      return 0;
    }
    const listed: OpenInvoice[] = [];
    for await (const one of invoices.listOpen?.(oldest.madeAt) ?? []) {
      listed.push(one);
      if (listed.length >= MOST_LISTED) break;
    }
    const last = listed.length >= MOST_LISTED ? listed.at(-1)?.madeAt : undefined;
    let count = 0;
    for (const { remoteId } of changed(known, listed, last).slice(0, MOST_CHANGED))
      if (await this.takeOver(caller, connection, invoices, remoteId)) count += 1;
    const isAll = last === undefined && known.length < MOST_LISTED;
    this.open.remember(connection.id, isAll ? undefined : (last ?? known.at(-1)?.madeAt));
    await this.uow.run(caller, (ctx) => this.connections.recordPolled(ctx, connection.id, startedAt));
    return count;
  }

  private async takeOver(
    caller: Caller,
    connection: Connection,
    invoices: InvoiceOperations,
    remoteId: string,
  ): Promise<boolean> {
    const remote = await invoices.fetch(remoteId);
    if (remote === null) return false;
    try {
      await this.uow.run(caller, async (ctx) => {
        await this.dispatcher.dispatch(ctx, connection, { kind: 'invoice', remote });
        await this.note(ctx, connection, remoteId, {
          state: 'succeeded',
          reason:
            `it is ${remote.state ?? remote.status} there, and was found by asking: no webhook had told. ` +
            `If that goes on, copy webhook_url from the connection into the webhook settings there, and select ` +
            this.providers.get(connection.provider).webhooks.events.join(', '),
        });
      });
      return true;
    } catch (error) {
      // What contradicts our books is for a person to see, and no reason to leave the others lying.
      if (!(error instanceof BillingError)) throw error;
      this.logger.warn({ event: 'reconcile.invoice_refused', connection_id: connection.id, err: error });
      const reason = `it is ${remote.state ?? remote.status} there, and not taken over: ${error.message}`;
      await this.uow.run(caller, (ctx) => this.note(ctx, connection, remoteId, { state: 'failed', reason }));
      return false;
    }
  }

  /** A refusal is noted once, however often it is met; each piece of news for itself. */
  private async note(
    ctx: Ctx,
    connection: Connection,
    remoteId: string,
    told: { readonly state: 'succeeded' | 'failed'; readonly reason: string },
  ): Promise<void> {
    const mapping = await this.mappings.findByRemoteId(ctx, connection.id, 'invoice', remoteId);
    if (mapping === null) return;
    const of = { entityType: 'invoice', entityId: mapping.entityId, action: 'poll' } as const;
    const revision = told.state === 'failed' ? 0 : await this.notes.nextRevision(ctx, connection.id, of);
    await this.notes.write(
      ctx,
      connection,
      { ...of, revision },
      { ...told, providerEntityId: remoteId, isWarning: true },
    );
  }

  /** A mapped invoice that was still open when we last saw it. */
  private isBehind(caller: Caller, connection: Connection, remoteId: string): Promise<boolean> {
    return this.uow.run(caller, async (ctx) => {
      const mapping = await this.mappings.findByRemoteId(ctx, connection.id, 'invoice', remoteId);
      return mapping !== null && mapping.metadata.status !== 'paid' && mapping.metadata.status !== 'void';
    });
  }

  private async poll(caller: Caller, connectionId: string): Promise<JobOutcome | undefined> {
    const connection = await this.uow.run(caller, (ctx) => this.connections.find(ctx, connectionId));
    if (connection === null) return undefined;
    const next: JobOutcome = { retryAt: this.nextRun(), reason: 'polls for ever' };
    if (connection.connectionState === 'paused') return next;
    try {
      await this.reconcile(caller, connection);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      this.logger.warn({ event: 'reconcile.failed', connection_id: connectionId, err: error });
      await this.uow.run(caller, (ctx) => this.connections.recordFailure(ctx, connectionId, error));
    }
    return next;
  }

  private nextRun(): Date {
    return new Date(this.clock.now().getTime() + this.options.everyMs);
  }
}

import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { BillingError } from '../../domain/errors.js';
import { WallClock } from '../../platform/clock/clock.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { nextRetry } from '../../platform/jobs/backoff.js';
import type { JobOutcome, JobRun } from '../../platform/jobs/job.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { ProviderEvent } from '../../providers/provider-event.js';
import type { RemotePayment, RemoteSetup } from '../../providers/provider-objects.js';
import { RemotePlans } from '../catalogue/remote-plans.flow.js';
import { RemoteSubscriptions } from '../subscriptions/remote-subscriptions.flow.js';
import type { Dispatched } from './dispatched.js';
import { InboundDispatcher, type RemoteSubject } from './inbound-dispatcher.js';
import { WEBHOOK_JOB, WebhookEventsService, type WebhookEvent } from './webhook-events.service.js';

/** What the provider shows is of another customer or in another currency than what it is said to pay. */
const CONTRADICTIONS = new Set(['customer_mismatch', 'currency_mismatch']);

/**
 * Handles a stored event: fetches what it speaks of, then takes it over in the transaction that marks it handled.
 * What is not known here yet is tried again, then parked where an operator sees it; nothing is dropped.
 */
@Injectable()
export class WebhookHandler implements OnModuleInit {
  private readonly logger = new Logger(WebhookHandler.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    private readonly connections: ConnectionsService,
    private readonly sessions: ProviderSessionsService,
    private readonly events: WebhookEventsService,
    private readonly dispatcher: InboundDispatcher,
    private readonly remotePlans: RemotePlans,
    private readonly remoteSubscriptions: RemoteSubscriptions,
  ) {}

  onModuleInit(): void {
    this.handlers.register({ kind: WEBHOOK_JOB, handle: (run) => this.handle(run) });
  }

  private async handle(run: JobRun): Promise<JobOutcome | undefined> {
    const id = String(run.payload.webhookEventId);
    const { event, connection } = await this.uow.run(run.caller, async (ctx) => {
      const stored = await this.events.get(ctx, id);
      return { event: stored, connection: await this.connections.find(ctx, stored.connectionId) };
    });
    if (event.state === 'handled' || event.state === 'skipped') return undefined;
    if (connection === null)
      return this.settle(run, id, { outcome: 'skipped', reason: 'the connection was deleted' });
    const { livemode } = event.event;
    if (livemode !== undefined && connection.livemode !== null && livemode !== connection.livemode)
      return this.settle(run, id, {
        outcome: 'skipped',
        reason: `the event is of ${livemode ? 'live' : 'test'} mode, the connection is not`,
      });
    const { accountId } = event.event;
    if (accountId !== undefined && connection.accountId !== null && accountId !== connection.accountId)
      return this.settle(run, id, {
        outcome: 'skipped',
        reason: `the event is of ${accountId}, and the connection of ${connection.accountId}`,
      });
    try {
      const subject = await this.fetch(run.caller, connection, event.event);
      return await this.takeOver(run, id, connection, subject);
    } catch (error) {
      if (!(error instanceof ProviderError) && !(error instanceof BillingError)) throw error;
      this.logger.warn({ event: 'webhook.not_handled', webhook_event_id: id, err: error });
      const contradicts = error instanceof BillingError && CONTRADICTIONS.has(error.code);
      return this.settle(run, id, { outcome: contradicts ? 'refused' : 'retry', reason: error.message });
    }
  }

  private takeOver(
    run: JobRun,
    id: string,
    connection: Connection,
    subject: RemoteSubject,
  ): Promise<JobOutcome | undefined> {
    return this.uow.run(run.caller, async (ctx) => {
      const event = await this.events.lock(ctx, id);
      if (event.state === 'handled' || event.state === 'skipped') return undefined;
      const dispatched = await this.dispatcher.dispatch(ctx, connection, subject);
      return this.write(ctx, run, event, dispatched);
    });
  }

  private settle(run: JobRun, id: string, dispatched: Dispatched): Promise<JobOutcome | undefined> {
    return this.uow.run(run.caller, async (ctx) =>
      this.write(ctx, run, await this.events.lock(ctx, id), dispatched),
    );
  }

  private async write(
    ctx: Parameters<WebhookEventsService['settle']>[0],
    run: JobRun,
    event: WebhookEvent,
    dispatched: Dispatched,
  ): Promise<JobOutcome | undefined> {
    if (dispatched.outcome === 'refused') {
      await this.events.settle(ctx, event, 'parked', dispatched.reason);
      return { park: true, reason: dispatched.reason };
    }
    if (dispatched.outcome !== 'retry') {
      const reason = dispatched.outcome === 'skipped' ? dispatched.reason : (dispatched.note ?? null);
      await this.events.settle(ctx, event, dispatched.outcome, reason);
      return undefined;
    }
    const retryAt = nextRetry(this.clock.now(), run.retryingSince, run.attempt);
    await this.events.settle(ctx, event, retryAt ? 'retrying' : 'parked', dispatched.reason);
    return retryAt ? { retryAt, reason: dispatched.reason } : { park: true, reason: dispatched.reason };
  }

  private async fetch(caller: Caller, connection: Connection, event: ProviderEvent): Promise<RemoteSubject> {
    const session = this.sessions.open(connection);
    switch (event.kind) {
      case 'customer.changed':
        return present('customer', await session.customers?.fetch(event.remoteId));
      case 'customer.deleted':
        return this.fetchDeleted(session, event.remoteId);
      case 'plan.changed':
        return this.remotePlans.read(caller, connection, event.remoteId);
      case 'subscription.changed':
        return this.remoteSubscriptions.read(caller, connection, event.remoteId);
      case 'invoice.changed':
        return present('invoice', await session.invoices?.fetch(event.remoteId));
      case 'payment.changed':
        return this.fetchPayment(session, event.remoteId);
      case 'checkout.changed':
        return this.fetchCheckout(session, event.remoteId);
      case 'setup.changed': {
        const remote = await session.payments?.fetchSetup(event.remoteId);
        if (remote) await this.makeDefault(session, remote);
        return present('setup', remote);
      }
      case 'ignored':
        return { kind: 'gone', reason: event.reason };
    }
  }

  /** An event only says so; what is there says whether. */
  private async fetchDeleted(session: ProviderSession, remoteId: string): Promise<RemoteSubject> {
    const remote = await session.customers?.fetch(remoteId);
    return remote && !remote.deleted ? { kind: 'customer', remote } : { kind: 'customer_gone', remoteId };
  }

  private async fetchPayment(session: ProviderSession, remoteId: string): Promise<RemoteSubject> {
    const remote = await session.payments?.fetch(remoteId);
    if (!remote) return { kind: 'gone', reason: 'the provider has no such payment' };
    await this.makeDefault(session, remote);
    const invoice =
      remote.paymentId === undefined && remote.remoteInvoiceId !== undefined
        ? await session.invoices?.fetch(remote.remoteInvoiceId)
        : undefined;
    return { kind: 'payment', remote, invoice: invoice ?? undefined };
  }

  private async fetchCheckout(session: ProviderSession, remoteId: string): Promise<RemoteSubject> {
    const remote = await session.payments?.fetchCheckout(remoteId);
    if (!remote) return { kind: 'gone', reason: 'the provider has no such checkout' };
    const setup =
      remote.mode === 'setup' && remote.remoteSetupId !== undefined
        ? await session.payments?.fetchSetup(remote.remoteSetupId)
        : undefined;
    for (const saved of [setup, remote.payment]) if (saved) await this.makeDefault(session, saved);
    return { kind: 'checkout', remote, setup: setup ?? undefined };
  }

  /** A saved method does not become the default by itself. Setting it again to what it is does no harm. */
  private async makeDefault(session: ProviderSession, saved: RemoteSetup | RemotePayment): Promise<void> {
    const { method, remoteCustomerId } = saved;
    if (saved.status !== 'succeeded' || saved.setDefault !== true || saved.foreign) return;
    if (method?.remoteId === undefined || method.isDefault || remoteCustomerId === undefined) return;
    await session.payments?.setDefaultMethod(remoteCustomerId, method.remoteId, {
      key: `${saved.remoteId}:default`,
      firstTriedAt: this.clock.now(),
      number: 1,
    });
  }
}

type Fetched = Extract<RemoteSubject, { kind: 'customer' | 'invoice' | 'setup' }>;

const present = <K extends Fetched['kind']>(
  kind: K,
  remote: Extract<Fetched, { kind: K }>['remote'] | null | undefined,
): RemoteSubject =>
  remote
    ? ({ kind, remote } as unknown as RemoteSubject)
    : { kind: 'gone', reason: `the provider has no such ${kind}` };

import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { BillingError } from '../../domain/errors.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { nextRetry } from '../../platform/jobs/backoff.js';
import type { JobOutcome, JobRun } from '../../platform/jobs/job.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { Dispatched } from '../outcomes/dispatched.js';
import { InboundDispatcher, type RemoteSubject } from './inbound-dispatcher.js';
import { RemoteSubjects } from './remote-subjects.flow.js';
import {
  WEBHOOK_JOB,
  WebhookEventsService,
  type PendingWebhook,
  type WebhookSubject,
} from './webhook-events.service.js';

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'webhook.handle': WebhookSubject;
  }
}

type Run = JobRun<typeof WEBHOOK_JOB>;

/** What the provider shows is of another customer or in another currency than what it is said to pay. */
const CONTRADICTIONS = new Set(['customer_mismatch', 'currency_mismatch']);

/**
 * Handles what is told of one remote object: fetches it, then takes it over in the transaction that marks as handled whatever
 * was told before. What is told while it is fetched makes the job due again. What is not known here yet is tried again, then
 * parked where an operator sees it; nothing is dropped.
 */
@Injectable()
export class WebhookHandler implements OnModuleInit {
  private readonly logger = new Logger(WebhookHandler.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    private readonly connections: ConnectionsService,
    private readonly events: WebhookEventsService,
    private readonly dispatcher: InboundDispatcher,
    private readonly subjects: RemoteSubjects,
  ) {}

  onModuleInit(): void {
    this.handlers.register({ kind: WEBHOOK_JOB, handle: (run) => this.handle(run) });
  }

  private async handle(run: Run): Promise<JobOutcome | undefined> {
    const { pending, connection } = await this.look(run);
    const [first] = pending;
    if (first === undefined) return undefined;
    if (connection === null)
      return this.settle(run, pending, { outcome: 'skipped', reason: 'the connection was deleted' });
    const own = new Map<string | undefined, PendingWebhook[]>();
    for (const one of pending) {
      const reason = whyForeign(one, connection);
      own.set(reason, [...(own.get(reason) ?? []), one]);
    }
    for (const [reason, foreign] of own)
      if (reason !== undefined) await this.settle(run, foreign, { outcome: 'skipped', reason });
    return this.handleOwn(run, connection, own.get(undefined) ?? []);
  }

  private look(run: Run): Promise<{ pending: PendingWebhook[]; connection: Connection | null }> {
    const subject = run.payload;
    return this.uow.read(run.caller, async (ctx) => {
      if ('connectionId' in subject) {
        const [pending, connection] = await Promise.all([
          this.events.pending(ctx, subject),
          this.connections.find(ctx, subject.connectionId),
        ]);
        return { pending, connection };
      }
      const pending = await this.events.pending(ctx, subject);
      const connectionId = pending[0]?.connectionId;
      const connection = connectionId === undefined ? null : await this.connections.find(ctx, connectionId);
      return { pending, connection };
    });
  }

  private async handleOwn(
    run: Run,
    connection: Connection,
    pending: readonly PendingWebhook[],
  ): Promise<JobOutcome | undefined> {
    const [first] = pending;
    if (first === undefined) return undefined;
    try {
      const subject = await this.subjects.fetch(run.caller, connection, first.event);
      return await this.takeOver(run, pending, connection, subject);
    } catch (error) {
      if (!(error instanceof ProviderError) && !(error instanceof BillingError)) throw error;
      this.logger.warn({ event: 'webhook.not_handled', webhook_event_id: first.id, err: error });
      const contradicts = error instanceof BillingError && CONTRADICTIONS.has(error.code);
      return this.settle(run, pending, {
        outcome: contradicts ? 'refused' : 'retry',
        reason: error.message,
      });
    }
  }

  private takeOver(
    run: Run,
    pending: readonly PendingWebhook[],
    connection: Connection,
    subject: RemoteSubject,
  ): Promise<JobOutcome | undefined> {
    return this.uow.run(run.caller, async (ctx) => {
      const ids = await this.events.lockPending(ctx, idsOf(pending));
      if (ids.length === 0) return undefined;
      return this.write(ctx, run, ids, await this.dispatcher.dispatch(ctx, connection, subject));
    });
  }

  private settle(
    run: Run,
    pending: readonly PendingWebhook[],
    dispatched: Dispatched,
  ): Promise<JobOutcome | undefined> {
    return this.uow.run(run.caller, async (ctx) =>
      this.write(ctx, run, await this.events.lockPending(ctx, idsOf(pending)), dispatched),
    );
  }

  private async write(
    ctx: Ctx,
    run: Run,
    ids: readonly string[],
    dispatched: Dispatched,
  ): Promise<JobOutcome | undefined> {
    if (dispatched.outcome === 'refused') {
      await this.events.settle(ctx, ids, 'parked', dispatched.reason);
      return { park: true, reason: dispatched.reason };
    }
    if (dispatched.outcome !== 'retry') {
      const reason = dispatched.outcome === 'skipped' ? dispatched.reason : (dispatched.note ?? null);
      await this.events.settle(ctx, ids, dispatched.outcome, reason);
      return undefined;
    }
    const retryAt = nextRetry(this.clock.now(), run.retryingSince, run.attempt);
    await this.events.settle(ctx, ids, retryAt ? 'retrying' : 'parked', dispatched.reason);
    return retryAt
      ? { retryAt, reason: dispatched.reason, failed: true }
      : { park: true, reason: dispatched.reason };
  }
}

const idsOf = (pending: readonly PendingWebhook[]): string[] => pending.map(({ id }) => id);

/** Why the event is none of the connection's; undefined when it is. */
function whyForeign({ event }: PendingWebhook, connection: Connection): string | undefined {
  const { livemode, accountId } = event;
  if (livemode !== undefined && connection.livemode !== null && livemode !== connection.livemode)
    return `the event is of ${livemode ? 'live' : 'test'} mode, the connection is not`;
  if (accountId !== undefined && connection.accountId !== null && accountId !== connection.accountId)
    return `the event is of ${accountId}, and the connection of ${connection.accountId}`;
  return undefined;
}

import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { BillingError } from '../../domain/errors.js';
import { WallClock } from '../../platform/clock/clock.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { nextRetry } from '../../platform/jobs/backoff.js';
import type { JobOutcome, JobRun } from '../../platform/jobs/job.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { Dispatched } from './dispatched.js';
import { InboundDispatcher, type RemoteSubject } from './inbound-dispatcher.js';
import { SubjectTurns, type Turn } from './subject-turns.js';
import { RemoteSubjects } from './remote-subjects.flow.js';
import { WEBHOOK_JOB, WebhookEventsService, type WebhookEvent } from './webhook-events.service.js';

/** What the provider shows is of another customer or in another currency than what it is said to pay. */
const CONTRADICTIONS = new Set(['customer_mismatch', 'currency_mismatch']);

type Done = Turn<JobOutcome | undefined>;

interface Found {
  readonly event: WebhookEvent;
  /** Others that say the same, as of before the object is read. */
  readonly alike: readonly string[];
  readonly connection: Connection | null;
}

/**
 * Handles a stored event: fetches what it speaks of, then takes it over in the transaction that marks it handled.
 * What is not known here yet is tried again, then parked where an operator sees it; nothing is dropped.
 */
@Injectable()
export class WebhookHandler implements OnModuleInit {
  private readonly logger = new Logger(WebhookHandler.name);
  private readonly turns = new SubjectTurns();

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

  private async handle(run: JobRun): Promise<JobOutcome | undefined> {
    const id = String(run.payload.webhookEventId);
    const found = await this.look(run, id);
    const { event } = found.event;
    const subject = 'remoteId' in event ? event.remoteId : id;
    return this.turns.take(`${found.event.connectionId} ${event.kind} ${subject}`, id, async (hasWaited) =>
      this.handleOne(run, hasWaited ? await this.look(run, id) : found),
    );
  }

  private look(run: JobRun, id: string): Promise<Found> {
    return this.uow.read(run.caller, async (ctx) => {
      const [event, alike] = await Promise.all([this.events.get(ctx, id), this.events.alike(ctx, id)]);
      return { event, alike, connection: await this.connections.find(ctx, event.connectionId) };
    });
  }

  private async handleOne(run: JobRun, { event, alike, connection }: Found): Promise<Done> {
    const { id } = event;
    if (event.state === 'handled' || event.state === 'skipped') return { outcome: undefined, settled: [] };
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
      const subject = await this.subjects.fetch(run.caller, connection, event.event);
      return await this.takeOver(run, id, connection, subject, alike);
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
    alike: readonly string[],
  ): Promise<Done> {
    return this.uow.run(run.caller, async (ctx) => {
      const event = await this.events.lock(ctx, id);
      if (event.state === 'handled' || event.state === 'skipped') return { outcome: undefined, settled: [] };
      const dispatched = await this.dispatcher.dispatch(ctx, connection, subject);
      const settled =
        dispatched.outcome === 'handled' || dispatched.outcome === 'skipped'
          ? await this.events.settleAlike(ctx, alike, dispatched.outcome, reasonOf(dispatched))
          : [];
      return { outcome: await this.write(ctx, run, event, dispatched), settled };
    });
  }

  private settle(run: JobRun, id: string, dispatched: Dispatched): Promise<Done> {
    return this.uow.run(run.caller, async (ctx) => ({
      outcome: await this.write(ctx, run, await this.events.lock(ctx, id), dispatched),
      settled: [],
    }));
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
      await this.events.settle(ctx, event, dispatched.outcome, reasonOf(dispatched));
      return undefined;
    }
    const retryAt = nextRetry(this.clock.now(), run.retryingSince, run.attempt);
    await this.events.settle(ctx, event, retryAt ? 'retrying' : 'parked', dispatched.reason);
    return retryAt ? { retryAt, reason: dispatched.reason } : { park: true, reason: dispatched.reason };
  }
}

const reasonOf = (dispatched: Exclude<Dispatched, { outcome: 'retry' | 'refused' }>): string | null =>
  dispatched.outcome === 'skipped' ? dispatched.reason : (dispatched.note ?? null);

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { BillingError } from '../../domain/errors.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Scope } from '../../platform/context.js';
import { arrayLiteral, arrayText } from '../../platform/database/array-literal.js';
import { GroupWriter } from '../../platform/database/group-writer.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { newId } from '../../platform/ids.js';
import type { JobRun } from '../../platform/jobs/job.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import type { AsJson } from '../../platform/json.types.js';
import type { ProviderEvent } from '../../providers/provider-event.js';
import { WEBHOOK_JOB } from './webhook-events.service.js';

/** What a provider told us, as it is to be stored. */
export interface ReceivedWebhook {
  readonly scope: Scope;
  readonly connectionId: string;
  readonly provider: string;
  readonly event: ProviderEvent;
  readonly verified: boolean;
}

const LIMITS = {
  entriesForAnotherWriter: [1, 32],
  mostEntriesACommit: 500,
  mostEntriesWaiting: 10_000,
  mostBytesWaiting: 32 * 1024 * 1024,
};

/** So many of one environment in a commit are a burst. */
const BURST = 16;
const BURST_JOB = 'webhook.store';

/** A burst as it is written down: a job's payload. */
interface Burst {
  readonly receivedAt: Date;
  readonly webhooks: readonly Omit<ReceivedWebhook, 'scope'>[];
}

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'webhook.store': Burst;
  }
}

/** With its event as JSON has it: an event is stored as JSON in any case. */
type StorableWebhook = Omit<ReceivedWebhook, 'event'> & {
  readonly event: ProviderEvent | AsJson<ProviderEvent>;
};

const STORE = 'SELECT id FROM billing.store_webhooks($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14) AS id';

/**
 * Webhooks of many deliveries in one commit: providers send in bursts, and give up on a slow answer. A burst is written down
 * as it came, in one row, and a job stores its webhooks; one that comes alone is stored at once.
 */
@Injectable()
export class WebhookWriter implements OnModuleInit {
  private readonly group: GroupWriter<ReceivedWebhook>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queue: JobQueue,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
  ) {
    this.group = new GroupWriter(
      LIMITS,
      (webhooks) => this.keep(webhooks),
      () =>
        new BillingError('too_many_requests', 'more webhooks come than can be stored: send it again', {
          details: { retryAfterSeconds: 1 },
        }),
    );
  }

  onModuleInit(): void {
    this.handlers.register({ kind: BURST_JOB, handle: (run) => this.storeBurst(run) });
  }

  /**
   * Settles when the event is durable, and the job due that handles it with whatever else is told of the same remote object. One that means nothing to us is stored as skipped, with the
   * reason; one that was there already changes nothing.
   */
  insertOnce(webhook: ReceivedWebhook, bytes: number): Promise<void> {
    return this.group.add(webhook, { entries: 1, bytes });
  }

  /** Should a part of it fail, each is stored alone: what is written down by then is known already when its job runs. */
  private async keep(webhooks: readonly ReceivedWebhook[]): Promise<void> {
    const receivedAt = this.clock.now();
    if (webhooks.length < BURST) return this.store(webhooks, receivedAt);
    const all = new Map<string, ReceivedWebhook[]>();
    for (const webhook of webhooks) {
      const known = all.get(webhook.scope.environmentId);
      if (known === undefined) all.set(webhook.scope.environmentId, [webhook]);
      else known.push(webhook);
    }
    const bursts = [...all.values()].filter((of) => of.length >= BURST);
    const others = [...all.values()].filter((of) => of.length < BURST).flat();
    await Promise.all([
      ...bursts.map((of) =>
        this.queue.enqueueDurably((of[0] as ReceivedWebhook).scope, BURST_JOB, toPayload(of, receivedAt)),
      ),
      ...(others.length === 0 ? [] : [this.store(others, receivedAt)]),
    ]);
  }

  /** One that cannot be stored fails its job, which is tried again and then parked, but does not take the others with it. */
  private async storeBurst({ scope, payload: burst }: JobRun<typeof BURST_JOB>): Promise<undefined> {
    const receivedAt = new Date(burst.receivedAt);
    const webhooks = burst.webhooks.map((webhook) => ({ ...webhook, scope }));
    try {
      await this.store(webhooks, receivedAt);
    } catch {
      const failures: unknown[] = [];
      for (const webhook of webhooks)
        await this.store([webhook], receivedAt).catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    }
  }

  private async store(webhooks: readonly StorableWebhook[], receivedAt: Date): Promise<void> {
    const announcement = this.queue.announcement(WEBHOOK_JOB);
    const rows = webhooks.map((webhook) => {
      const reason = webhook.event.kind === 'ignored' ? webhook.event.reason : null;
      return { webhook, id: newId('webhookEvent'), reason, job: reason === null ? newId('job') : null };
    });
    const column = (of: (row: (typeof rows)[number]) => string | null): string =>
      arrayLiteral(rows, (row) => arrayText(of(row)));
    const due = await this.uow.callFunction<{ id: string }>(STORE, [
      column(({ webhook }) => webhook.scope.tenantId),
      column(({ webhook }) => webhook.scope.environmentId),
      column(({ id }) => id),
      column(({ webhook }) => webhook.connectionId),
      column(({ webhook }) => webhook.provider),
      column(({ webhook }) => webhook.event.id),
      column(({ webhook }) => webhook.event.type),
      column(({ webhook }) => JSON.stringify(webhook.event)),
      column(({ webhook }) => (webhook.verified ? 't' : 'f')),
      column(({ reason }) => reason),
      column(({ job }) => job),
      WEBHOOK_JOB,
      announcement.at,
      receivedAt,
    ]);
    announcement.announce(due.map(({ id }) => id));
  }
}

const toPayload = (webhooks: readonly ReceivedWebhook[], receivedAt: Date): Burst => ({
  receivedAt,
  webhooks: webhooks.map(({ connectionId, provider, event, verified }) => ({
    connectionId,
    provider,
    event,
    verified,
  })),
});

import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors.js';
import type { Scope } from '../../platform/context.js';
import { arrayLiteral, arrayText } from '../../platform/database/array-literal.js';
import { GroupWriter } from '../../platform/database/group-writer.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { newId } from '../../platform/ids.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
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

const STORE = 'SELECT id FROM billing.store_webhooks($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14) AS id';

/** Webhooks of many deliveries in one commit: providers send in bursts, and give up on a slow answer. */
@Injectable()
export class WebhookWriter {
  private readonly group: GroupWriter<ReceivedWebhook, boolean>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queue: JobQueue,
  ) {
    this.group = new GroupWriter(
      LIMITS,
      (webhooks) => this.store(webhooks),
      () =>
        new BillingError('too_many_requests', 'more webhooks come than can be stored: send it again', {
          details: { retryAfterSeconds: 1 },
        }),
    );
  }

  /**
   * Stores the event and the job to handle it, durable when it settles; one that means nothing to us is stored as skipped,
   * with the reason. False when it was there already: then there is nothing to do.
   */
  insertOnce(webhook: ReceivedWebhook, bytes: number): Promise<boolean> {
    return this.group.add(webhook, { entries: 1, bytes });
  }

  private async store(webhooks: readonly ReceivedWebhook[]): Promise<boolean[]> {
    const announcement = this.queue.announcement();
    const rows = webhooks.map((webhook) => {
      const reason = webhook.event.kind === 'ignored' ? webhook.event.reason : null;
      return { webhook, id: newId('webhookEvent'), reason, job: reason === null ? newId('job') : null };
    });
    const column = (of: (row: (typeof rows)[number]) => string | null): string =>
      arrayLiteral(rows, (row) => arrayText(of(row)));
    const stored = await this.uow.call<{ id: string }>(STORE, [
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
      announcement.now,
    ]);
    const isNew = new Set(stored.map(({ id }) => id));
    announcement.announce(rows.flatMap(({ id, job }) => (job !== null && isNew.has(id) ? [job] : [])));
    return rows.map(({ id }) => isNew.has(id));
  }
}

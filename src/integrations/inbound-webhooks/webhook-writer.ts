import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors.js';
import { WallClock } from '../../platform/clock/clock.js';
import type { Scope } from '../../platform/context.js';
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

/** Webhooks of many deliveries in one commit: providers send in bursts, and give up on a slow answer. */
@Injectable()
export class WebhookWriter {
  private readonly group: GroupWriter<ReceivedWebhook, boolean>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queue: JobQueue,
    private readonly clock: WallClock,
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

  private store(webhooks: readonly ReceivedWebhook[]): Promise<boolean[]> {
    const now = this.clock.now();
    const rows = webhooks.map(({ scope, connectionId, provider, event, verified }) => {
      const reason = event.kind === 'ignored' ? event.reason : null;
      return {
        id: newId('webhookEvent'),
        tenant_id: scope.tenantId,
        environment_id: scope.environmentId,
        connection_id: connectionId,
        provider,
        provider_event_id: event.id,
        type: event.type,
        event,
        verified,
        state: reason === null ? 'received' : 'skipped',
        reason,
      };
    });
    return this.uow.system(async (em, afterCommit) => {
      // In the order of keys, so that two writers never wait for each other.
      const inserted = await em.query<{ id: string }[]>(
        `INSERT INTO webhook_events (id, tenant_id, environment_id, connection_id, provider, provider_event_id, type,
                                     event, verified, state, reason, attempts, received_at, created_at, updated_at)
         SELECT id, tenant_id, environment_id, connection_id, provider, provider_event_id, type, event, verified,
                state, reason, 0, $2, $2, $2
           FROM jsonb_to_recordset($1::jsonb) AS r(id text, tenant_id text, environment_id text, connection_id text,
                provider text, provider_event_id text, type text, event jsonb, verified boolean, state text, reason text)
          ORDER BY connection_id, provider_event_id
         ON CONFLICT (tenant_id, environment_id, connection_id, provider_event_id) DO NOTHING
         RETURNING id`,
        [JSON.stringify(rows), now],
      );
      const isNew = new Set(inserted.map(({ id }) => id));
      const byScope = new Map<string, { scope: Scope; ids: string[] }>();
      for (const [index, row] of rows.entries()) {
        if (!isNew.has(row.id) || row.reason !== null) continue;
        const { scope } = webhooks[index] as ReceivedWebhook;
        const own = byScope.get(scope.environmentId) ?? { scope, ids: [] };
        byScope.set(scope.environmentId, own);
        own.ids.push(row.id);
      }
      for (const { scope, ids } of byScope.values())
        await this.queue.insert(
          em,
          scope,
          ids.map((id) => ({ kind: WEBHOOK_JOB, key: id, payload: { webhookEventId: id } })),
          afterCommit,
        );
      return rows.map(({ id }) => isNew.has(id));
    });
  }
}

import { Injectable } from '@nestjs/common';
import { PaymentMethodsService } from '../../payments/payment-methods.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { Ctx } from '../../platform/context.js';
import { DEFAULT_LIMIT } from '../../platform/http/list-query.js';
import { WebhookEventsService } from '../../integrations/inbound-webhooks/webhook-events.service.js';
import { SyncAttempts } from '../../integrations/sync/sync-attempts.service.js';
import { SyncOperationsService } from '../../integrations/sync/sync-operations.service.js';
import type { TimelineQuery } from './timeline.requests.js';
import {
  toEventEntry,
  toOperationEntry,
  type TimelineEntryResponse,
  type TimelineKind,
  type TimelineResponse,
} from './timeline.responses.js';

interface Entry {
  readonly at: Date;
  readonly kind: TimelineKind;
  readonly operation: string | null;
  readonly attempt: string | null;
  readonly event: string | null;
}

/**
 * What providers call the entity: its mapping, also a lost one, what it has replaced there, the payments that are it or
 * that paid it, and the methods that it has saved. Events
 * name nothing else; one that could not be handled is found all the same.
 */
const ENTRIES = /* sql */ `
  WITH remote AS (
    SELECT connection_id, provider_entity_id AS id FROM entity_mappings
     WHERE entity_id = $1 AND ($2::text IS NULL OR entity_type = $2) AND provider_entity_id IS NOT NULL
    UNION
    SELECT connection_id, metadata ->> 'lost' FROM entity_mappings
     WHERE entity_id = $1 AND ($2::text IS NULL OR entity_type = $2) AND metadata ? 'lost'
    UNION
    SELECT connection_id, unnest(string_to_array(metadata ->> 'replaced', ' ')) FROM entity_mappings
     WHERE entity_id = $1 AND ($2::text IS NULL OR entity_type = $2) AND metadata ? 'replaced'
    UNION
    SELECT * FROM unnest($3::text[], $4::text[])
  ), told AS (
    SELECT * FROM sync_operations
     WHERE entity_id = $1 AND ($2::text IS NULL OR entity_type = $2)
       AND ($5::text IS NULL OR provider = $5) AND ($6::text IS NULL OR connection_id = $6)
       AND ($7::text[] IS NULL OR state = ANY($7))
  ), heard AS (
    SELECT w.* FROM webhook_events w JOIN remote r ON r.connection_id = w.connection_id AND w.remote_id = r.id
     WHERE ($5::text IS NULL OR w.provider = $5) AND ($6::text IS NULL OR w.connection_id = $6)
       AND ($7::text[] IS NULL OR w.state = ANY($7))
  ), entries AS (
    SELECT created_at AS at, 0 AS step, 'intended' AS kind, id AS operation, NULL AS attempt, NULL AS event FROM told
    UNION ALL
    SELECT a.started_at, 1, 'tried', a.operation_id, a.id, NULL FROM sync_attempts a JOIN told t ON t.id = a.operation_id
    UNION ALL
    SELECT a.finished_at, 2, 'answered', a.operation_id, a.id, NULL
      FROM sync_attempts a JOIN told t ON t.id = a.operation_id WHERE a.finished_at IS NOT NULL
    UNION ALL
    SELECT finished_at, 3, 'finished', id, NULL, NULL FROM told WHERE finished_at IS NOT NULL
    UNION ALL
    SELECT received_at, 0, 'received', NULL, NULL, id FROM heard
    UNION ALL
    SELECT handled_at, 3, 'handled', NULL, NULL, id FROM heard WHERE handled_at IS NOT NULL
  )`;

/** All that was told to providers about one entity, and all that they told of it, in the order of time. */
@Injectable()
export class TimelineQueries {
  constructor(
    private readonly operations: SyncOperationsService,
    private readonly attempts: SyncAttempts,
    private readonly events: WebhookEventsService,
    private readonly payments: PaymentsService,
    private readonly methods: PaymentMethodsService,
  ) {}

  /** `base`: under what the caller reaches the API, for the routes that the entries name. */
  async timeline(ctx: Ctx, query: TimelineQuery, base: string): Promise<TimelineResponse> {
    const { limit = DEFAULT_LIMIT, offset = 0 } = query;
    const direction = query.order === 'desc' ? 'DESC' : 'ASC';
    const paid = [
      ...(await this.payments.remoteIdsOf(ctx, query.entity_id)),
      ...(await this.methods.remoteIdsOf(ctx, query.entity_id)),
    ];
    const rows = await ctx.em.query<(Entry & { total: number })[]>(
      `${ENTRIES}
       SELECT page.*, counted.total
         FROM (SELECT count(*)::int AS total FROM entries) counted
         LEFT JOIN (
           SELECT at, step, kind, operation, attempt, event FROM entries
            ORDER BY at ${direction}, step ${direction}, operation ${direction}, event ${direction}
            LIMIT $8 OFFSET $9
         ) page ON TRUE
        ORDER BY page.at ${direction}, page.step ${direction}, page.operation ${direction}, page.event ${direction}`,
      [
        query.entity_id,
        query.entity_type ?? null,
        paid.map(({ connectionId }) => connectionId),
        paid.map(({ remoteId }) => remoteId),
        query.provider?.toLowerCase() ?? null,
        query.connection_id ?? null,
        query.state?.length ? query.state : null,
        limit,
        offset,
      ],
    );
    const entries = rows.filter(({ kind }) => (kind as string | null) !== null);
    return {
      items: await this.show(ctx, entries, base),
      pagination: { total: rows[0]?.total ?? 0, limit, offset },
    };
  }

  private async show(ctx: Ctx, entries: readonly Entry[], base: string): Promise<TimelineEntryResponse[]> {
    const ids = (of: (entry: Entry) => string | null): string[] => [
      ...new Set(entries.flatMap((entry) => of(entry) ?? [])),
    ];
    const operationIds = ids((entry) => entry.operation);
    const operations = byId(await this.operations.ofIds(ctx, operationIds));
    const attempts = byId(await this.attempts.of(ctx, operationIds));
    const events = byId(
      await this.events.ofIds(
        ctx,
        ids((entry) => entry.event),
      ),
    );
    return entries.flatMap(({ at, kind, operation, attempt, event }) => {
      const told = operations.get(operation ?? '');
      if (told !== undefined) return toOperationEntry(base, at, kind, told, attempts.get(attempt ?? ''));
      const heard = events.get(event ?? '');
      return heard === undefined ? [] : toEventEntry(base, at, kind, heard);
    });
  }
}

const byId = <T extends { readonly id: string }>(rows: readonly T[]): ReadonlyMap<string, T> =>
  new Map(rows.map((row) => [row.id, row]));

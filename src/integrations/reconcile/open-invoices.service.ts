import { Injectable } from '@nestjs/common';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import type { OpenInvoice } from '../../providers/provider-lists.js';

/** An invoice that the provider has and that was not settled when we last saw it. */
export interface KnownInvoice {
  readonly invoiceId: string;
  readonly remoteId: string;
  /** What the provider called its state then. */
  readonly state: string;
  /** It was not there before; real time, while the rows of a test environment may carry its own. */
  readonly madeAt: Date;
}

interface Row {
  readonly entity_id: string;
  readonly provider_entity_id: string;
  readonly state: string;
  readonly made_at: Date;
}

/** Which of a connection's invoices a poll has to ask about. */
@Injectable()
export class OpenInvoices {
  /** How far the last poll of a connection came. Forgotten with the process: then it begins at the oldest again. */
  private readonly reached = new Map<string, Date>();

  constructor(private readonly clock: WallClock) {}

  /** The oldest first, from where the last poll stopped; from the beginning when it had come to the end. */
  async next(ctx: Ctx, connectionId: string, most: number): Promise<KnownInvoice[]> {
    const since = this.reached.get(connectionId);
    const rows = await ctx.em.query<Row[]>(
      `SELECT m.entity_id, m.provider_entity_id, coalesce(m.metadata ->> 'state', 'open') AS state,
              least(coalesce(o.first_tried_at, m.created_at), $3) AS made_at
         FROM entity_mappings m
         LEFT JOIN sync_operations o
           ON o.tenant_id = m.tenant_id AND o.environment_id = m.environment_id
          AND o.connection_id = m.connection_id AND o.entity_type = 'invoice' AND o.entity_id = m.entity_id
          AND o.action = 'push' AND o.revision = 1
        WHERE m.connection_id = $1 AND m.entity_type = 'invoice' AND m.state = 'linked'
          AND m.tenant_id = $5 AND m.environment_id = $6
          AND coalesce(m.metadata ->> 'status', 'open') NOT IN ('paid', 'void')
          AND ($4::timestamptz IS NULL OR least(coalesce(o.first_tried_at, m.created_at), $3) > $4)
        ORDER BY made_at LIMIT $2`,
      [connectionId, most, this.clock.now(), since ?? null, ctx.scope.tenantId, ctx.scope.environmentId],
    );
    return rows.map((row) => ({
      invoiceId: row.entity_id,
      remoteId: row.provider_entity_id,
      state: row.state,
      madeAt: row.made_at,
    }));
  }

  /** Undefined: to the end. */
  remember(connectionId: string, until: Date | undefined): void {
    if (until === undefined) this.reached.delete(connectionId);
    else this.reached.set(connectionId, until);
  }
}

/** Those whose state is another one now. `until`: later ones the list has not shown, and says nothing of. */
export function changed(
  known: readonly KnownInvoice[],
  listed: readonly OpenInvoice[],
  until: Date | undefined,
): KnownInvoice[] {
  const states = new Map(listed.map(({ remoteId, state }) => [remoteId, state]));
  return known.filter(
    ({ madeAt, remoteId, state }) =>
      (states.has(remoteId) || until === undefined || madeAt < until) && states.get(remoteId) !== state,
  );
}

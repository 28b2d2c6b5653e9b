import { Get, Query } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { AuditTrail } from '../../tenancy/audit-trail.service.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ListAuditLogsQuery } from './audit-logs.requests.js';
import { ListAuditLogsResponse, toAuditLogResponse } from './audit-logs.responses.js';

const DEFAULT_LIMIT = 50;

/** Who changed what, and when. Nobody can change or remove an entry. */
@ApiController('audit-logs', 'Operations')
export class AuditLogsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly trail: AuditTrail,
  ) {}

  /** Changes of customers, plans, invoices and everything else, the newest first. */
  @Get()
  list(@CurrentCaller() caller: Caller, @Query() query: ListAuditLogsQuery): Promise<ListAuditLogsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { items, nextCursor } = await this.trail.search(ctx, {
        entityType: query.entity_type,
        entityId: query.entity_id,
        actor: query.actor,
        action: query.action,
        from: query.start_time,
        until: query.end_time,
        limit: query.limit ?? DEFAULT_LIMIT,
        before: query.cursor === undefined ? undefined : String(query.cursor),
      });
      return {
        items: items.map(toAuditLogResponse),
        next_cursor: nextCursor === null ? null : Number(nextCursor),
      };
    });
  }
}

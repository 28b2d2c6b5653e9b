import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import { insertRow } from '../platform/database/rows.js';
import { AuditEntryEntity } from './audit-entry.entity.js';

/** Who changed what that matters for security: keys, credentials, environments. */
@Injectable()
export class AuditService {
  async record(
    ctx: Ctx,
    entry: { action: string; entityType: string; entityId: string; details?: Record<string, unknown> },
  ): Promise<void> {
    const { id, tenantId, environmentId, createdAt, updatedAt } = auditColumnsForInsert(ctx, 'auditEntry');
    await insertRow(ctx.em, AuditEntryEntity, {
      id,
      tenantId,
      environmentId,
      createdAt,
      updatedAt,
      actor: ctx.actor,
      requestId: ctx.requestId,
      action: entry.action,
      entityType: entry.entityType,
      entityId: entry.entityId,
      details: { ...entry.details },
    });
  }
}

import type { AuditEntry } from '../../tenancy/audit-trail.service.js';

export class AuditLogResponse {
  id!: string;
  /** Greater than that of every entry that was written before. */
  number!: number;
  /** In real time, also where the environment's clock was moved. */
  created_at!: Date;
  /** The id of the API key, or `system`. */
  actor!: string;
  request_id!: string;
  /** `customer.created`, `customer.updated`, `customer.deleted` */
  action!: string;
  entity_type!: string;
  entity_id!: string;
  /** The columns that changed, as they were. Null when it was created. Secrets and personal data are `[hidden]`. */
  before!: Record<string, unknown> | null;
  /** The columns that changed, as they are. Null when it was deleted. */
  after!: Record<string, unknown> | null;
  /** SHA-256 over this entry and the hash before it. Null for some seconds, until it is chained. */
  hash!: string | null;
}

export class ListAuditLogsResponse {
  items!: AuditLogResponse[];
  /** For the next page; null on the last one. */
  next_cursor!: number | null;
}

export const toAuditLogResponse = (entry: AuditEntry): AuditLogResponse => ({
  id: entry.id,
  number: Number(entry.number),
  created_at: entry.createdAt,
  actor: entry.actor,
  request_id: entry.requestId,
  action: entry.action,
  entity_type: entry.entityType,
  entity_id: entry.entityId,
  before: entry.before,
  after: entry.after ?? (Object.keys(entry.details).length === 0 ? null : entry.details),
  hash: entry.hash,
});

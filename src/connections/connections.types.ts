import type { ConnectionEntity } from './connection.entity.js';

export type { SyncConfig, SyncDirection, SyncEntity } from './sync-config.types.js';
export type { WebhookHealth } from './webhook-health.js';

/** A connection as other houses see it. Its credentials stay sealed; sessions are opened by ProviderSessionsService. */
export type Connection = Readonly<ConnectionEntity>;

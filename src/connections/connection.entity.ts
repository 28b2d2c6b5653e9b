import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';
import type { SealedCredentials } from './credentials.js';
import type { SyncConfig } from './sync-config.types.js';
import type { WebhookHealth } from './webhook-health.js';

@Entity('connections')
@Index('connections_default', ['tenantId', 'environmentId', 'provider'], {
  unique: true,
  where: `is_default AND status = 'published'`,
})
@Index('connections_provider', ['provider'], { where: `status = 'published'` })
export class ConnectionEntity extends EntityRow {
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  provider!: string;

  /** The connection of its provider that is meant where a request names only the provider. */
  @Column({ type: 'boolean' })
  isDefault!: boolean;

  @Column({ type: 'text', default: 'active' })
  connectionState!: 'active' | 'paused';

  @Column({ type: 'jsonb' })
  credentials!: SealedCredentials;

  /** Credential fields that are no secrets, and what the provider has told of the account. */
  @Column({ type: 'jsonb', default: {} })
  settings!: Record<string, string>;

  @Column({ type: 'jsonb', default: {} })
  syncConfig!: SyncConfig;

  @Column({ type: 'text', nullable: true })
  accountId!: string | null;

  @Column({ type: 'boolean', nullable: true })
  livemode!: boolean | null;

  @Column({ type: 'text', nullable: true })
  pausedReason!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  lastSuccessAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  lastErrorAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  lastError!: string | null;

  /** Up to here the reconciler has asked the provider what it may have missed. */
  @Column({ type: 'timestamptz', nullable: true })
  lastPolledAt!: Date | null;

  /** What the provider says of its deliveries to us. Null: it was not asked, or does not tell. */
  @Column({ type: 'jsonb', nullable: true })
  webhookHealth!: WebhookHealth | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}

import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../../platform/database/columns.js';
import type { AsJson } from '../../platform/json.types.js';
import type { ProviderEvent } from '../../providers/provider-event.js';

export type WebhookState = 'received' | 'handled' | 'skipped' | 'retrying' | 'parked';

/** What a provider has told us: stored once before it is acknowledged, and never dropped. */
@Entity('webhook_events')
@Index('webhook_events_provider_event', ['connectionId', 'providerEventId'], { unique: true })
@Index('webhook_events_created', ['environmentId', 'createdAt'])
@Index('webhook_events_parked', ['environmentId', 'createdAt'], { where: `state = 'parked'` })
@Index('webhook_events_remote', ['connectionId', 'remoteId'], { where: 'remote_id IS NOT NULL' })
export class WebhookEventEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  connectionId!: string;

  @Column({ type: 'text' })
  provider!: string;

  @Column({ type: 'text' })
  providerEventId!: string;

  /** The provider's name of it. */
  @Column({ type: 'text' })
  type!: string;

  /** As the adapter has read it: ids, no personal data. */
  @Column({ type: 'jsonb' })
  event!: AsJson<ProviderEvent>;

  /** The provider's id of what it speaks of; null where it means nothing to us. */
  @Column({ type: 'text', nullable: true })
  remoteId!: string | null;

  /** False for a hint: a call without signature on a connection that has no secret. */
  @Column({ type: 'boolean' })
  verified!: boolean;

  @Column({ type: 'text' })
  state!: WebhookState;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ type: 'timestamptz' })
  receivedAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  handledAt!: Date | null;
}

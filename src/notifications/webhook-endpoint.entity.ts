import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';
import type { SealedSecret } from '../platform/secrets/secret-box.js';
import type { WebhookEventType } from './webhook-events.types.js';

/** What messages to an endpoint are signed with; for a while after a change also what they were signed with before. */
export interface SigningSecret {
  readonly sealed: SealedSecret;
  readonly last4: string;
  readonly previous?: { readonly sealed: SealedSecret; readonly until: string };
}

/** A URL of the tenant's own that wants to hear what happens here. */
@Entity('webhook_endpoints')
@Index('webhook_endpoints_environment', ['environmentId'], { where: `status = 'published'` })
export class WebhookEndpointEntity extends EntityRow {
  @Column({ type: 'text' })
  url!: string;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  /** Null: all of them, those of later versions too. */
  @Column({ type: 'text', array: true, nullable: true })
  eventTypes!: WebhookEventType[] | null;

  @Column({ type: 'jsonb' })
  secret!: SigningSecret;

  @Column({ type: 'text', default: 'enabled' })
  endpointState!: 'enabled' | 'disabled';

  /** Null where somebody has switched it off by hand. */
  @Column({ type: 'text', nullable: true })
  disabledReason!: string | null;

  @Column({ type: 'integer', default: 0 })
  consecutiveFailures!: number;

  @Column({ type: 'timestamptz', nullable: true })
  failingSince!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  restingUntil!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  lastSuccessAt!: Date | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}

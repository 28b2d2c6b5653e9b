import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../platform/database/columns.js';

/** One message to one endpoint. All times are real ones. */
@Entity('webhook_deliveries')
@Index('webhook_deliveries_message', ['messageId', 'endpointId'], { unique: true })
@Index('webhook_deliveries_endpoint', ['endpointId', 'createdAt'])
@Index('webhook_deliveries_environment', ['environmentId', 'createdAt'])
export class WebhookDeliveryEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  messageId!: string;

  @Column({ type: 'text' })
  endpointId!: string;

  @Column({ type: 'text' })
  deliveryState!: 'pending' | 'succeeded' | 'failed';

  /** All of them. */
  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** Those since it was sent first, or asked for again: which wait comes next. */
  @Column({ type: 'integer', default: 0 })
  roundAttempts!: number;

  /** Null when it is due, or over. */
  @Column({ type: 'timestamptz', nullable: true })
  nextTryAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  settledAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  lastError!: string | null;
}

/** One try of a delivery. Without an end: the process was stopped meanwhile, and the message may or may not have come. */
@Entity('webhook_attempts')
@Index('webhook_attempts_delivery', ['deliveryId', 'number'])
export class WebhookAttemptEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  deliveryId!: string;

  @Column({ type: 'integer' })
  number!: number;

  @Column({ type: 'timestamptz' })
  startedAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;

  @Column({ type: 'integer', nullable: true })
  httpStatus!: number | null;

  @Column({ type: 'text', nullable: true })
  error!: string | null;

  /** The beginning of what it has answered. */
  @Column({ type: 'text', nullable: true })
  responseExcerpt!: string | null;
}

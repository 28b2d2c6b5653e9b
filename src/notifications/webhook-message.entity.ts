import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../platform/database/columns.js';

/** Something that has happened, in the words in which it is told: the same bytes to every endpoint and at every try. */
@Entity('webhook_messages')
@Index('webhook_messages_sequence', ['environmentId', 'sequence'], { unique: true })
@Index('webhook_messages_environment_created', ['environmentId', 'createdAt'])
@Index('webhook_messages_entity', ['environmentId', 'entityId'])
@Index('webhook_messages_created', ['createdAt'])
export class WebhookMessageEntity extends EnvironmentRow {
  /** Of the event that it tells; null for one that was asked for by hand. */
  @Column({ type: 'bigint', nullable: true })
  sequence!: string | null;

  @Column({ type: 'text' })
  type!: string;

  @Column({ type: 'text' })
  entityType!: string;

  @Column({ type: 'text' })
  entityId!: string;

  @Column({ type: 'text' })
  body!: string;

  /** The environment's time. */
  @Column({ type: 'timestamptz' })
  occurredAt!: Date;
}

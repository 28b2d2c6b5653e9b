import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../../platform/database/columns.js';
import type { MappedEntity } from '../mappings/mappings.types.js';
import type { SyncAction } from './sync-actions.types.js';

export type SyncState = 'pending' | 'running' | 'retrying' | 'succeeded' | 'failed' | 'skipped';

export interface SyncError {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
  readonly param?: string | undefined;
  readonly http_status?: number | undefined;
  readonly request_id?: string | undefined;
}

/** One change that a provider is to be told of. */
@Entity('sync_operations')
@Index(
  'sync_operations_intent',
  ['tenantId', 'environmentId', 'connectionId', 'entityType', 'entityId', 'action', 'revision'],
  { unique: true },
)
@Index('sync_operations_created', ['environmentId', 'createdAt'])
@Index('sync_operations_entity', ['tenantId', 'environmentId', 'entityType', 'entityId', 'createdAt'])
@Index('sync_operations_state_created', ['tenantId', 'environmentId', 'state', 'createdAt'])
export class SyncOperationEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  connectionId!: string;

  @Column({ type: 'text' })
  provider!: string;

  @Column({ type: 'text' })
  entityType!: MappedEntity;

  @Column({ type: 'text' })
  entityId!: string;

  @Column({ type: 'text' })
  action!: SyncAction;

  @Column({ type: 'integer' })
  revision!: number;

  @Column({ type: 'text' })
  state!: SyncState;

  /** Only grows: names the try under way, and with it whoever may say what has come of it. */
  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** Of the attempts, those that failed since it was asked for last: the pauses between tries grow with them. */
  @Column({ type: 'integer', default: 0 })
  failures!: number;

  /** The retry window is counted from here; having to wait for others moves it, and being asked for again. */
  @Column({ type: 'timestamptz', nullable: true })
  retryWindowStart!: Date | null;

  /** Counts the times that it was begun anew after a refusal. Part of the key. */
  @Column({ type: 'integer', default: 0 })
  generation!: number;

  @Column({ type: 'timestamptz', nullable: true })
  firstTriedAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  lastTriedAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  nextTryAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;

  /** Why it was skipped, or what it waits for. */
  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  error!: SyncError | null;

  /**
   * What is sent, as it was at the first try: every try says the same, under the same key. Where what is to be told has
   * changed between two tries, the later one says what holds then.
   */
  @Column({ type: 'jsonb', nullable: true })
  snapshot!: Record<string, unknown> | null;

  @Column({ type: 'text', nullable: true })
  providerEntityId!: string | null;
}

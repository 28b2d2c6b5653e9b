import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../../platform/database/columns.js';
import type { SyncError } from './sync-operation.entity.js';

export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly request_id: string | null;
  readonly duration_ms: number;
}

/** One try of an operation: written before the calls, completed after them. One that is not completed was cut off. */
@Entity('sync_attempts')
@Index('sync_attempts_number', ['tenantId', 'environmentId', 'operationId', 'number'], { unique: true })
export class SyncAttemptEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  operationId!: string;

  @Column({ type: 'integer' })
  number!: number;

  @Column({ type: 'timestamptz' })
  startedAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  outcome!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  error!: SyncError | null;

  @Column({ type: 'jsonb', default: [] })
  calls!: RecordedCall[];
}

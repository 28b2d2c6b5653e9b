import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../database/columns.js';

/** A key that a request came with: what that request was, how far it has come, and what it was answered. */
@Entity('idempotency_keys')
@Index('idempotency_keys_updated', ['updatedAt'])
export class IdempotencyKeyEntity extends EnvironmentRow {
  /** As the id is made of it with the environment and the key: another route has keys of its own. */
  @Column({ type: 'text' })
  route!: string;

  @Column({ type: 'text' })
  key!: string;

  /** Of the route, its parameters and the body. */
  @Column({ type: 'text' })
  fingerprint!: string;

  /** Who is at work on it: a name that each try gives itself. */
  @Column({ type: 'text', nullable: true })
  holder!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leaseUntil!: Date | null;

  /** What tries have done so far, by the names that the route gives its steps. */
  @Column({ type: 'jsonb', default: {} })
  steps!: Record<string, string>;

  /** Null until it is answered. */
  @Column({ type: 'integer', nullable: true })
  httpStatus!: number | null;

  /** The body of the answer as JSON, sealed: some answers hold secrets that are shown once. */
  @Column({ type: 'text', nullable: true })
  answer!: string | null;
}

import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

/** A key is a 256-bit random value, shown once. What is kept is its SHA-256: there is nothing to guess in it. */
@Entity('api_keys')
@Index('api_keys_hash', ['keyHash'], { unique: true })
export class ApiKeyEntity extends EntityRow {
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  keyHash!: string;

  /** Prefix and last four characters, to tell keys apart. */
  @Column({ type: 'text' })
  displayId!: string;

  @Column({ type: 'text', default: 'private_key' })
  type!: string;

  /** Of `ROLES`; a private key without roles and permissions may do everything. */
  @Column({ type: 'text', array: true, default: [] })
  roles!: string[];

  /** Single grants, `<noun>:read` or `<noun>:write`. */
  @Column({ type: 'text', array: true, default: [] })
  permissions!: string[];

  @Column({ type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  lastUsedAt!: Date | null;
}

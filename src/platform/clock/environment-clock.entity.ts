import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A row exists for each environment whose clock may be moved; all others run on real time. */
@Entity('environment_clocks')
export class EnvironmentClockEntity {
  @PrimaryColumn({ type: 'text' })
  environmentId!: string;

  @Column({ type: 'text' })
  tenantId!: string;

  /** The environment's time minus real time, while the clock runs. */
  @Column({ type: 'bigint', default: 0 })
  offsetMs!: string;

  /** Real time. Until then somebody is moving it, unless they say earlier that they are done. */
  @Column({ type: 'timestamptz', nullable: true })
  heldUntil!: Date | null;

  /** Who that is: a name that each gives itself. */
  @Column({ type: 'text', nullable: true })
  heldBy!: string | null;

  /** The environment's time, while somebody moves the clock. */
  @Column({ type: 'timestamptz', nullable: true })
  standsAt!: Date | null;
}

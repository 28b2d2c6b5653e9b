import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An hour that has events of a name, and whether its roll-ups hold all of them. */
@Entity('usage_hours')
@Index('usage_hours_dirty', ['environmentId', 'eventName', 'hour'], { where: 'NOT is_clean' })
export class UsageHourEntity {
  @Column({ type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text' })
  environmentId!: string;

  @PrimaryColumn({ type: 'text' })
  eventName!: string;

  @PrimaryColumn({ type: 'timestamptz' })
  hour!: Date;

  @Column({ type: 'boolean', default: false })
  isClean!: boolean;

  /** The roll-ups hold all events of the hour before this; its end where it is clean. Null: they are void. */
  @Column({ type: 'timestamptz', nullable: true })
  summedUntil!: Date | null;

  /** The roll-up under way. An event that comes in between takes it away. */
  @Column({ type: 'text', nullable: true })
  rollId!: string | null;

  /** How far that one gets. */
  @Column({ type: 'timestamptz', nullable: true })
  rollUntil!: Date | null;

  /** The longest that an event was on its way which came to an hour that was new, or made its roll-ups void. */
  @Column({ type: 'interval', nullable: true })
  lateBy!: object | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  changedAt!: Date;
}

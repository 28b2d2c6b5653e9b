import { Column, Entity, Index } from 'typeorm';
import type { Rate } from '../domain/rate.js';
import type {
  GrantCadence,
  GrantDurationUnit,
  GrantExpiryType,
  GrantPeriod,
} from '../domain/wallets/grant-schedule.js';
import { EntityRow, ExactDecimal } from '../platform/database/columns.js';

/**
 * Credits that a plan, an addon or a subscription gives. A plan's or an addon's grant is a template: a subscription that
 * starts, or gets the addon, gets copies, so that a later change of the template does not reach it.
 */
@Entity('credit_grants')
@Index('credit_grants_plan', ['tenantId', 'environmentId', 'planId'])
@Index('credit_grants_copies', ['tenantId', 'environmentId', 'subscriptionId', 'sourceGrantId'], {
  unique: true,
  where: 'source_grant_id IS NOT NULL AND addon_association_id IS NULL',
})
@Index('credit_grants_addon', ['tenantId', 'environmentId', 'addonId'])
@Index('credit_grants_addon_copies', ['tenantId', 'environmentId', 'addonAssociationId', 'sourceGrantId'], {
  unique: true,
  where: 'addon_association_id IS NOT NULL',
})
@Index('credit_grants_subscription', ['tenantId', 'environmentId', 'subscriptionId'])
export class CreditGrantEntity extends EntityRow {
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  scope!: 'PLAN' | 'SUBSCRIPTION' | 'ADDON';

  @Column({ type: 'text', nullable: true })
  planId!: string | null;

  @Column({ type: 'text', nullable: true })
  subscriptionId!: string | null;

  /** Of an addon's grant, and of the copies of it that subscriptions have. */
  @Column({ type: 'text', nullable: true })
  addonId!: string | null;

  /** Of a copy: the one time that the subscription has the addon. With it the copy ends. */
  @Column({ type: 'text', nullable: true })
  addonAssociationId!: string | null;

  /** The plan's or the addon's grant that this one is a copy of. */
  @Column({ type: 'text', nullable: true })
  sourceGrantId!: string | null;

  @ExactDecimal()
  credits!: Rate;

  @Column({ type: 'text' })
  cadence!: GrantCadence;

  @Column({ type: 'text', nullable: true })
  period!: GrantPeriod | null;

  @Column({ type: 'integer', nullable: true })
  periodCount!: number | null;

  @Column({ type: 'text' })
  expirationType!: GrantExpiryType;

  @Column({ type: 'integer', nullable: true })
  expirationDuration!: number | null;

  @Column({ type: 'text', nullable: true })
  expirationDurationUnit!: GrantDurationUnit | null;

  @Column({ type: 'integer', nullable: true })
  priority!: number | null;

  /** Of the wallet, when one is made for the credits. */
  @ExactDecimal({ nullable: true })
  conversionRate!: Rate | null;

  @ExactDecimal({ nullable: true, name: 'topup_conversion_rate' })
  topUpConversionRate!: Rate | null;

  @Column({ type: 'timestamptz', nullable: true })
  startDate!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  endDate!: Date | null;

  /** From when its periods are counted; null: with the billing periods, or from its first application. */
  @Column({ type: 'timestamptz', nullable: true })
  anchor!: Date | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}

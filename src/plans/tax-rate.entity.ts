import { Column, Entity, Index } from 'typeorm';
import type { Rate } from '../domain/rate.js';
import { EntityRow, ExactDecimal } from '../platform/database/columns.js';

export const TAX_RATE_TYPES = ['percentage', 'fixed'] as const;
export type TaxRateType = (typeof TAX_RATE_TYPES)[number];
export const TAX_RATE_STATUSES = ['ACTIVE', 'INACTIVE'] as const;
export type TaxRateStatus = (typeof TAX_RATE_STATUSES)[number];
export const TAX_RATE_SCOPES = ['INTERNAL', 'EXTERNAL', 'ONETIME'] as const;
export type TaxRateScope = (typeof TAX_RATE_SCOPES)[number];

@Entity('tax_rates')
@Index('tax_rates_code', ['tenantId', 'environmentId', 'code'], {
  unique: true,
  where: `status <> 'deleted'`,
})
export class TaxRateEntity extends EntityRow {
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  code!: string;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  /** An INACTIVE rate taxes nothing, wherever it is associated. */
  @Column({ type: 'text' })
  taxRateStatus!: TaxRateStatus;

  @Column({ type: 'text' })
  taxRateType!: TaxRateType;

  @Column({ type: 'text' })
  scope!: TaxRateScope;

  @ExactDecimal({ nullable: true })
  percentageValue!: Rate | null;

  /** In major units of whatever currency is taxed: a rate has none of its own, its associations may have. */
  @ExactDecimal({ nullable: true })
  fixedValue!: Rate | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}

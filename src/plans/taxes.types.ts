import { formatRate } from '../domain/rate.js';
import type { Currency } from '../domain/currency.js';
import type { PercentageOrFixed } from '../domain/invoicing/percentage.js';
import { roundToMoney } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import type { TaxAssociationEntity } from './tax-association.entity.js';
import type { TaxRateEntity } from './tax-rate.entity.js';

export type { TaxedEntityType } from './tax-association.entity.js';
export type { TaxRateScope, TaxRateStatus, TaxRateType } from './tax-rate.entity.js';
export type TaxRate = Readonly<TaxRateEntity>;
export type TaxAssociation = Readonly<TaxAssociationEntity>;

export interface AssociatedTax {
  readonly association: TaxAssociation;
  readonly taxRate: TaxRate;
}

/** What a subscription is to be taxed by in place of its customer's rates. */
export interface TaxOverride {
  readonly taxRateCode: string;
  readonly currency?: string | undefined;
  /** True, when left out. */
  readonly autoApply?: boolean | undefined;
  readonly priority?: number | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A bill that is being made, as far as it matters for which taxes are on it. */
export interface TaxedBill {
  readonly subscriptionId: string;
  readonly currency: string;
  readonly period: Period;
}

/** What the rate adds, for `domain/invoicing/taxes`. A fixed one has the currency of what is taxed. */
export function taxValue(taxRate: TaxRate, currency: Currency): PercentageOrFixed {
  if (taxRate.percentageValue !== null) return { type: 'percentage', percentage: taxRate.percentageValue };
  if (taxRate.fixedValue === null) throw new RangeError(`tax rate ${taxRate.id} has no value`);
  return { type: 'fixed', amount: roundToMoney(taxRate.fixedValue, currency) };
}

/** The rate with what it said when it was applied, in the contract's words: kept on invoices, so that later edits change none. */
export const taxRateSnapshot = (row: TaxRate) => ({
  id: row.id,
  name: row.name,
  code: row.code,
  description: row.description,
  tax_rate_status: row.taxRateStatus,
  tax_rate_type: row.taxRateType,
  scope: row.scope,
  percentage_value: row.percentageValue === null ? null : formatRate(row.percentageValue),
  fixed_value: row.fixedValue === null ? null : formatRate(row.fixedValue),
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

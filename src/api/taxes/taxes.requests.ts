import { IsBoolean } from 'class-validator';
import { ListRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import type { TaxOverride } from '../../plans/taxes.types.js';
import { MOST_PROSE } from '../../platform/http/bounds.js';
import { Optional } from '../../platform/http/fields.js';
import { IsStringMap } from '../../platform/http/json-fields.js';
import { IsDecimalValue, IsMoney, IsWhole } from '../../platform/http/number-fields.js';
import { IsCurrency, IsId, IsText, IsStringList, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

const SCOPES = ['INTERNAL', 'EXTERNAL', 'ONETIME'] as const;
const ENTITY_TYPES = ['customer', 'subscription', 'invoice', 'tenant'] as const;

class TaxRateFieldsRequest {
  @Optional()
  @IsText({ max: MOST_PROSE })
  description?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class CreateTaxRateRequest extends TaxRateFieldsRequest {
  /** @example "German VAT" */
  @IsText({ min: 1, max: 200 })
  name!: string;

  /** Unique in the environment; associations name it. */
  @IsText({ min: 1, max: 200 })
  code!: string;

  /** Told by the value, when left out. */
  @Optional()
  @IsOneOf(['percentage', 'fixed'])
  tax_rate_type?: 'percentage' | 'fixed';

  @Optional()
  @IsOneOf(SCOPES)
  scope?: (typeof SCOPES)[number];

  /** 19 means nineteen percent. */
  @Optional()
  @IsDecimalValue({ min: '0', max: '100' })
  percentage_value?: string;

  /** In major units of whatever currency is taxed. */
  @Optional()
  @IsMoney({ min: '0' })
  fixed_value?: string;
}

export class UpdateTaxRateRequest extends TaxRateFieldsRequest {
  @Optional()
  @IsText({ min: 1, max: 200 })
  name?: string;

  @Optional()
  @IsText({ min: 1, max: 200 })
  code?: string;

  /** INACTIVE: it taxes nothing, wherever it is associated. */
  @Optional()
  @IsOneOf(['ACTIVE', 'INACTIVE'])
  tax_rate_status?: 'ACTIVE' | 'INACTIVE';

  @Optional()
  @NotSupportedYet()
  percentage_value?: string;

  @Optional()
  @NotSupportedYet()
  fixed_value?: string;
}

export class ListTaxRatesQuery extends ListRequest {
  @Optional()
  @IsOneOf(SCOPES)
  scope?: string;

  @Optional()
  @IsStringList()
  taxrate_ids?: string[];

  @Optional()
  @IsStringList()
  taxrate_codes?: string[];
}

export class UpdateTaxAssociationRequest {
  /** Whether it is applied without being asked for; true, when left out at creation. */
  @Optional()
  @IsBoolean()
  auto_apply?: boolean;

  /** Lower ones stand first on the invoice. */
  @Optional()
  @IsWhole()
  priority?: number;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

/** A rate in place of those that would be copied down. */
export class TaxRateOverrideRequest extends UpdateTaxAssociationRequest {
  /** The rate's code. */
  @IsId()
  tax_rate_code!: string;

  /** Only on invoices in it. */
  @Optional()
  @IsCurrency()
  currency?: string;
}

export class CreateTaxAssociationRequest extends UpdateTaxAssociationRequest {
  /** The rate's code. */
  @IsId()
  tax_rate_code!: string;

  /** What is taxed; or `external_customer_id`. */
  @Optional()
  @IsOneOf(ENTITY_TYPES)
  entity_type?: (typeof ENTITY_TYPES)[number];

  /** For `tenant` it can be left out: it is the caller's own. */
  @Optional()
  @IsId()
  entity_id?: string;

  /** Short for `entity_type` customer and its id. */
  @Optional()
  @IsId()
  external_customer_id?: string;

  /** Only on invoices in it. */
  @Optional()
  @IsCurrency()
  currency?: string;

  @Optional()
  @IsInstant()
  start_date?: Date;

  @Optional()
  @IsInstant({ ever: true })
  end_date?: Date;
}

export class ListTaxAssociationsQuery extends ListRequest {
  @Optional()
  @IsOneOf(ENTITY_TYPES)
  entity_type?: string;

  @Optional()
  @IsId()
  entity_id?: string;

  @Optional()
  @IsId()
  external_customer_id?: string;

  @Optional()
  @IsId()
  tax_rate_id?: string;
}

/** Undefined where none were sent: an empty list says that nothing is taxed. */
export const taxOverrides = (
  list: readonly TaxRateOverrideRequest[] | undefined,
): readonly TaxOverride[] | undefined =>
  list?.map((one) => ({
    taxRateCode: one.tax_rate_code,
    currency: one.currency,
    autoApply: one.auto_apply,
    priority: one.priority,
    metadata: one.metadata,
  }));

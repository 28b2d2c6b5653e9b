import { IsBoolean, IsInt, IsString, MaxLength, MinLength } from 'class-validator';
import {
  IsCurrency,
  IsDecimalValue,
  IsInstant,
  IsStringMap,
  IsTextList,
  IsWord,
  Optional,
} from '../platform/http/fields.js';
import { ListRequest } from '../platform/http/list-query.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';
import type { TaxOverride } from './taxes.types.js';

const SCOPES = ['INTERNAL', 'EXTERNAL', 'ONETIME'] as const;
const ENTITY_TYPES = ['customer', 'subscription', 'invoice', 'tenant'] as const;

class TaxRateFieldsRequest {
  @Optional()
  @IsString()
  @MaxLength(2000)
  description?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class CreateTaxRateRequest extends TaxRateFieldsRequest {
  /** @example "German VAT" */
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name!: string;

  /** Unique in the environment; associations name it. */
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  code!: string;

  /** Told by the value, when left out. */
  @Optional()
  @IsWord(['percentage', 'fixed'])
  tax_rate_type?: 'percentage' | 'fixed';

  @Optional()
  @IsWord(SCOPES)
  scope?: (typeof SCOPES)[number];

  /** 19 means nineteen percent. */
  @Optional()
  @IsDecimalValue({ min: '0', max: '100' })
  percentage_value?: string;

  /** In major units of whatever currency is taxed. */
  @Optional()
  @IsDecimalValue({ min: '0' })
  fixed_value?: string;
}

export class UpdateTaxRateRequest extends TaxRateFieldsRequest {
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name?: string;

  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  code?: string;

  /** INACTIVE: it taxes nothing, wherever it is associated. */
  @Optional()
  @IsWord(['ACTIVE', 'INACTIVE'])
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
  @IsWord(SCOPES)
  scope?: string;

  @Optional()
  @IsTextList()
  taxrate_ids?: string[];

  @Optional()
  @IsTextList()
  taxrate_codes?: string[];
}

export class UpdateTaxAssociationRequest {
  /** Whether it is applied without being asked for; true, when left out at creation. */
  @Optional()
  @IsBoolean()
  auto_apply?: boolean;

  /** Lower ones stand first on the invoice. */
  @Optional()
  @IsInt()
  priority?: number;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

/** A rate in place of those that would be copied down. */
export class TaxRateOverrideRequest extends UpdateTaxAssociationRequest {
  /** The rate's code. */
  @IsString()
  @MinLength(1)
  tax_rate_code!: string;

  /** Only on invoices in it. */
  @Optional()
  @IsCurrency()
  currency?: string;
}

export class CreateTaxAssociationRequest extends UpdateTaxAssociationRequest {
  /** The rate's code. */
  @IsString()
  @MinLength(1)
  tax_rate_code!: string;

  /** What is taxed; or `external_customer_id`. */
  @Optional()
  @IsWord(ENTITY_TYPES)
  entity_type?: (typeof ENTITY_TYPES)[number];

  /** For `tenant` it can be left out: it is the caller's own. */
  @Optional()
  @IsString()
  @MinLength(1)
  entity_id?: string;

  /** Short for `entity_type` customer and its id. */
  @Optional()
  @IsString()
  @MinLength(1)
  external_customer_id?: string;

  /** Only on invoices in it. */
  @Optional()
  @IsCurrency()
  currency?: string;

  @Optional()
  @IsInstant()
  start_date?: Date;

  @Optional()
  @IsInstant()
  end_date?: Date;
}

export class ListTaxAssociationsQuery extends ListRequest {
  @Optional()
  @IsWord(ENTITY_TYPES)
  entity_type?: string;

  @Optional()
  @IsString()
  entity_id?: string;

  @Optional()
  @IsString()
  external_customer_id?: string;

  @Optional()
  @IsString()
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

import { IsBoolean } from 'class-validator';
import { SearchRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import type { CustomerFields } from '../../customers/customers.types.js';
import { Alias, Optional } from '../../platform/http/fields.js';
import { IsStringMap } from '../../platform/http/json-fields.js';
import {
  IsCountry,
  IsId,
  IsMailAddress,
  IsText,
  IsTexts,
  IsTimeZone,
} from '../../platform/http/text-fields.js';

class CustomerFieldsRequest {
  /** Needed by providers that bill by mail; see the provider's page. */
  @Optional()
  @IsMailAddress()
  email?: string;

  /** Phone number or any other way to reach the customer. */
  @Optional()
  @IsText({ max: 200 })
  contact?: string;

  @Optional()
  @IsText({ max: 300 })
  address_line1?: string;

  @Optional()
  @IsText({ max: 300 })
  address_line2?: string;

  @Optional()
  @IsText({ max: 200 })
  address_city?: string;

  @Optional()
  @IsText({ max: 200 })
  address_state?: string;

  @Optional()
  @IsText({ max: 30 })
  address_postal_code?: string;

  /**
   * ISO 3166-1 alpha-2.
   * @example "US"
   */
  @Optional()
  @IsCountry()
  address_country?: string;

  /**
   * IANA time zone; calendar billing follows it. UTC when left out.
   * @example "Europe/Berlin"
   */
  @Optional()
  @IsTimeZone()
  timezone?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @NotSupportedYet()
  integration_entity_mapping?: unknown[];

  @Optional()
  @NotSupportedYet()
  parent_customer_id?: string;

  @Optional()
  @NotSupportedYet()
  parent_customer_external_id?: string;
}

/** What is said of a new customer; its taxes are added where there are some. */
export class NewCustomerRequest extends CustomerFieldsRequest {
  /**
   * Your own id of the customer, unique in the environment; usage events name it. The guides write `customer_id`.
   * @example "acme-42"
   */
  @Alias('customer_id')
  @IsId()
  external_id!: string;

  /** @example "Acme Inc." */
  @IsText({ min: 1, max: 500 })
  name!: string;

  @Optional()
  @NotSupportedYet()
  onboarding_workflow_name?: string;

  /** There is no such workflow here to skip. */
  @Optional()
  @IsBoolean()
  skip_onboarding_workflow?: boolean;
}

export class UpdateCustomerRequest extends CustomerFieldsRequest {
  @Optional()
  @IsId()
  external_id?: string;

  @Optional()
  @IsText({ min: 1, max: 500 })
  name?: string;
}

export class UpdateCustomerQuery {
  @Optional()
  @IsId()
  id?: string;

  @Optional()
  @IsId()
  external_customer_id?: string;
}

export class SearchCustomersRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  customer_ids?: string[];

  @Optional()
  @IsId()
  external_id?: string;

  @Optional()
  @IsTexts()
  external_ids?: string[];

  @Optional()
  @IsText()
  email?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @NotSupportedYet()
  parent_customer_ids?: string[];
}

export function customerFields(body: NewCustomerRequest | UpdateCustomerRequest): CustomerFields {
  const given: CustomerFields = {
    email: body.email,
    contact: body.contact,
    addressLine1: body.address_line1,
    addressLine2: body.address_line2,
    addressCity: body.address_city,
    addressState: body.address_state,
    addressPostalCode: body.address_postal_code,
    addressCountry: body.address_country?.toUpperCase(),
    timezone: body.timezone,
    metadata: body.metadata,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

import {
  IsArray,
  IsBoolean,
  IsEmail,
  IsISO31661Alpha2,
  IsString,
  MaxLength,
  MinLength,
} from 'class-validator';
import { AlsoNamed, IsStringMap, IsTimeZone, Optional } from '../platform/http/fields.js';
import { SearchRequest } from '../platform/http/list-query.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';
import type { CustomerFields } from './customers.types.js';

class CustomerFieldsRequest {
  /** Needed by providers that bill by mail; see the provider's page. */
  @Optional()
  @IsEmail({}, { message: 'email must be an e-mail address' })
  email?: string;

  /** Phone number or any other way to reach the customer. */
  @Optional()
  @IsString()
  @MaxLength(200)
  contact?: string;

  @Optional()
  @IsString()
  @MaxLength(300)
  address_line1?: string;

  @Optional()
  @IsString()
  @MaxLength(300)
  address_line2?: string;

  @Optional()
  @IsString()
  @MaxLength(200)
  address_city?: string;

  @Optional()
  @IsString()
  @MaxLength(200)
  address_state?: string;

  @Optional()
  @IsString()
  @MaxLength(30)
  address_postal_code?: string;

  /**
   * ISO 3166-1 alpha-2.
   * @example "US"
   */
  @Optional()
  @IsISO31661Alpha2({ message: 'address_country must be an ISO 3166-1 alpha-2 country code' })
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
  @AlsoNamed('customer_id')
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  external_id!: string;

  /** @example "Acme Inc." */
  @IsString()
  @MinLength(1)
  @MaxLength(500)
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
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  external_id?: string;

  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  name?: string;
}

export class UpdateCustomerQuery {
  @Optional()
  @IsString()
  id?: string;

  @Optional()
  @IsString()
  external_customer_id?: string;
}

export class SearchCustomersRequest extends SearchRequest {
  @Optional()
  @IsArray()
  @IsString({ each: true })
  customer_ids?: string[];

  @Optional()
  @IsString()
  external_id?: string;

  @Optional()
  @IsArray()
  @IsString({ each: true })
  external_ids?: string[];

  @Optional()
  @IsString()
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

import { PaginationResponse } from '../../platform/http/list-query.js';
import { EntityIntegrationMappingResponse } from '../integrations/mappings.responses.js';
import type { Customer } from '../../customers/customers.types.js';

export class CustomerResponse {
  id!: string;
  external_id!: string;
  name!: string;
  email!: string | null;
  contact!: string | null;
  address_line1!: string | null;
  address_line2!: string | null;
  address_city!: string | null;
  address_state!: string | null;
  address_postal_code!: string | null;
  address_country!: string | null;
  timezone!: string;
  metadata!: Record<string, string>;
  /** What the customer is at each provider. Null where the customer is part of another answer. */
  integrations!: EntityIntegrationMappingResponse[] | null;
  parent_customer!: Record<string, unknown> | null;
  parent_customer_id!: string | null;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListCustomersResponse {
  items!: CustomerResponse[];
  pagination!: PaginationResponse;
}

export const toCustomerResponse = (row: Customer): CustomerResponse => ({
  id: row.id,
  external_id: row.externalId,
  name: row.name,
  email: row.email,
  contact: row.contact,
  address_line1: row.addressLine1,
  address_line2: row.addressLine2,
  address_city: row.addressCity,
  address_state: row.addressState,
  address_postal_code: row.addressPostalCode,
  address_country: row.addressCountry,
  timezone: row.timezone,
  metadata: row.metadata,
  integrations: null,
  parent_customer: null,
  parent_customer_id: null,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

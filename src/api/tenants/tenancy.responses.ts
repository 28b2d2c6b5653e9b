import { PaginationResponse } from '../../platform/http/list-query.js';
import type { ApiKey, Environment, Tenant } from '../../tenancy/tenancy.types.js';

export class SecretResponse {
  id!: string;
  name!: string;
  /** Prefix and last four characters. */
  display_id!: string;
  type!: string;
  provider!: string | null;
  roles!: string[];
  /** Single permissions beside those of the roles. */
  permissions!: string[];
  service_account_name!: string | null;
  user_id!: string | null;
  user_type!: string | null;
  expires_at!: Date | null;
  last_used_at!: Date | null;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
}

export class CreateApiKeyResponse {
  /** The key. It is shown in this answer and never again. */
  api_key!: string;
  secret!: SecretResponse;
}

export class ListSecretsResponse {
  items!: SecretResponse[];
  pagination!: PaginationResponse;
}

export class TenantResponse {
  id!: string;
  name!: string;
  status!: string;
  metadata!: Record<string, string>;
  billing_details!: Record<string, unknown> | null;
  created_at!: Date;
  updated_at!: Date;
}

export class EnvironmentResponse {
  id!: string;
  name!: string;
  /** `test`: the clock can be moved. `live`: real time. */
  type!: string;
  created_at!: Date;
  updated_at!: Date;
  tenant_id!: string;
  status!: string;
  /** The environment's present. */
  now!: Date;
}

export class ListEnvironmentsResponse {
  environments!: EnvironmentResponse[];
  total!: number;
  limit!: number;
  offset!: number;
}

export class LeftBehindResponse {
  /** The kind of a job; `provider.clock`: a provider whose clock was to go along. */
  kind!: string;
  /** What the job is about; the connection. */
  key!: string;
  job_id!: string | null;
  attempts!: number;
  /** Null while it is at work. */
  next_try_at!: Date | null;
  reason!: string;
}

export class ClockAdvancedResponse {
  environment_id!: string;
  now!: Date;
  /** How many instants on the way had something to do. */
  steps!: number;
  /** False when something was not waited for to its end: a provider does not answer, a job fails again and again. */
  settled!: boolean;
  /** What that is: up to twenty of it. */
  left_behind!: LeftBehindResponse[];
}

export const toSecretResponse = (row: ApiKey): SecretResponse => ({
  id: row.id,
  name: row.name,
  display_id: row.displayId,
  type: row.type,
  provider: 'flexprice',
  roles:
    row.type === 'private_key' && row.roles.length + row.permissions.length === 0 ? ['admin'] : row.roles,
  permissions: row.permissions,
  service_account_name: null,
  user_id: null,
  user_type: 'service_account',
  expires_at: row.expiresAt,
  last_used_at: row.lastUsedAt,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
});

export const toTenantResponse = (row: Tenant): TenantResponse => ({
  id: row.id,
  name: row.name,
  status: row.status,
  metadata: row.metadata,
  billing_details: null,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
});

export const toEnvironmentResponse = (row: Environment, now: Date): EnvironmentResponse => ({
  id: row.id,
  name: row.name,
  type: row.kind,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  tenant_id: row.tenantId,
  status: row.status,
  now,
});

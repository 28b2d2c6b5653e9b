import { PaginationResponse } from '../../platform/http/list-query.js';
import type { CredentialField } from '../../providers/provider-adapter.js';
import type { EntityMapping } from '../../integrations/mappings/mappings.types.js';

export class EntityIntegrationMappingResponse {
  id!: string;
  connection_id!: string;
  provider_type!: string;
  entity_type!: string;
  entity_id!: string;
  /** Null while the remote object is being made. */
  provider_entity_id!: string | null;
  /** `reserved` or `linked`. */
  state!: string;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListMappingsResponse {
  items!: EntityIntegrationMappingResponse[];
  pagination!: PaginationResponse;
}

export class LinkIntegrationMappingResponse {
  mapping!: EntityIntegrationMappingResponse;
}

export class EntitySyncConfigResponse {
  inbound!: boolean;
  outbound!: boolean;
}

export class SyncConfigResponse {
  customer!: EntitySyncConfigResponse | null;
  plan!: EntitySyncConfigResponse | null;
  price!: EntitySyncConfigResponse | null;
  invoice!: EntitySyncConfigResponse | null;
  subscription!: EntitySyncConfigResponse | null;
  payment!: EntitySyncConfigResponse | null;
  deal!: EntitySyncConfigResponse | null;
  quote!: EntitySyncConfigResponse | null;
  s3!: Record<string, unknown> | null;
  aws_marketplace!: Record<string, unknown> | null;
  invoice_sync_settings!: Record<string, unknown> | null;
}

export class CredentialFieldResponse {
  name!: string;
  label!: string;
  description!: string;
  /** Whether it is encrypted and never shown again but for its last four characters. */
  secret!: boolean;
  required!: boolean;
  /** A regular expression that a value matches. */
  pattern!: string | null;
  example!: string;
  /** `webhook` for a secret that webhooks are verified with. */
  role!: 'api' | 'webhook' | null;
  /** Whether the connection writes it by itself where it is left out. */
  managed!: boolean;
}

export class IntegrationConfigEntryResponse {
  provider!: string;
  display_name!: string;
  /** What a connection is made with, in `encrypted_secret_data`. */
  credential_fields!: CredentialFieldResponse[];
  /** What the provider can do here. */
  base_config!: SyncConfigResponse;
  /** The switches of the default connection; null without one. */
  current_config!: SyncConfigResponse | null;
}

export class IntegrationConfigResponse {
  integrations!: IntegrationConfigEntryResponse[];
}

export class CustomerIntegrationResponse {
  provider!: string;
  connection_id!: string;
  external_id!: string | null;
  /** State of the last operation: `succeeded`, `retrying`, `failed`, … */
  sync_status!: string;
  last_sync!: Date | null;
  error!: string | null;
}

export class CustomerIntegrationsResponse {
  customer_id!: string;
  integrations!: CustomerIntegrationResponse[];
}

export const toCredentialFieldResponse = (field: CredentialField): CredentialFieldResponse => ({
  name: field.name,
  label: field.label,
  description: field.description,
  secret: field.secret,
  required: field.required,
  pattern: field.pattern?.source ?? null,
  example: field.example,
  role: field.role ?? null,
  managed: field.managed === true,
});

export const toMappingResponse = (row: EntityMapping): EntityIntegrationMappingResponse => ({
  id: row.id,
  connection_id: row.connectionId,
  provider_type: row.provider,
  entity_type: row.entityType,
  entity_id: row.entityId,
  provider_entity_id: row.providerEntityId,
  state: row.state,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

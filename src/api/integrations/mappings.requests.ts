import type { ManualLink } from '../../integrations/mappings/manual-links.service.js';
import { MAPPED_ENTITIES, type MappedEntity } from '../../integrations/mappings/mappings.types.js';
import { Optional } from '../../platform/http/fields.js';
import { IsJson } from '../../platform/http/json-fields.js';
import { IsId, IsOneOf } from '../../platform/http/text-fields.js';

export class LinkIntegrationRequest {
  @IsOneOf(MAPPED_ENTITIES)
  entity_type!: MappedEntity;

  @IsId()
  entity_id!: string;

  /** The provider of the connection; its default one. */
  @IsId()
  provider_type!: string;

  @IsId()
  provider_entity_id!: string;

  @Optional()
  @IsJson()
  metadata?: Record<string, unknown>;
}

export class UnlinkIntegrationRequest {
  @IsOneOf(MAPPED_ENTITIES)
  entity_type!: MappedEntity;

  @IsId()
  entity_id!: string;

  @IsId()
  provider_type!: string;
}

export class GetMappingsQuery {
  @IsOneOf(MAPPED_ENTITIES)
  entity_type!: MappedEntity;

  @IsId()
  entity_id!: string;
}

export const toManualLink = (body: LinkIntegrationRequest): ManualLink => ({
  provider: body.provider_type,
  entityType: body.entity_type,
  entityId: body.entity_id,
  remoteId: body.provider_entity_id,
  metadata: body.metadata,
});

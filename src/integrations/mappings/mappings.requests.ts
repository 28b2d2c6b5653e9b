import { IsObject, IsString, MinLength } from 'class-validator';
import { IsWord, Optional } from '../../platform/http/fields.js';
import { MAPPED_ENTITIES, type MappedEntity } from './mappings.types.js';

export class LinkIntegrationRequest {
  @IsWord(MAPPED_ENTITIES)
  entity_type!: MappedEntity;

  @IsString()
  @MinLength(1)
  entity_id!: string;

  /** The provider of the connection; its default one. */
  @IsString()
  provider_type!: string;

  @IsString()
  @MinLength(1)
  provider_entity_id!: string;

  @Optional()
  @IsObject()
  metadata?: Record<string, unknown>;
}

export class UnlinkIntegrationRequest {
  @IsWord(MAPPED_ENTITIES)
  entity_type!: MappedEntity;

  @IsString()
  @MinLength(1)
  entity_id!: string;

  @IsString()
  provider_type!: string;
}

export class GetMappingsQuery {
  @IsWord(MAPPED_ENTITIES)
  entity_type!: MappedEntity;

  @IsString()
  @MinLength(1)
  entity_id!: string;
}

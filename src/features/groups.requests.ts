import { IsArray, IsString, MaxLength, MinLength } from 'class-validator';
import { IsStringMap, IsWord, Optional } from '../platform/http/fields.js';
import { SearchRequest } from '../platform/http/list-query.js';

export class CreateGroupRequest {
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name!: string;

  /** Unique in the environment. */
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  lookup_key!: string;

  /** What it is a group of. */
  @IsWord(['price', 'feature'])
  entity_type!: 'price' | 'feature';

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class SearchGroupsRequest extends SearchRequest {
  @Optional()
  @IsArray()
  @IsString({ each: true })
  group_ids?: string[];

  @Optional()
  @IsWord(['price', 'feature'])
  entity_type?: string;

  @Optional()
  @IsString()
  lookup_key?: string;

  @Optional()
  @IsString()
  name?: string;
}

import { IsArray, IsObject, IsString, MaxLength, MinLength } from 'class-validator';
import { IsWord, Optional } from '../platform/http/fields.js';
import { SearchRequest } from '../platform/http/list-query.js';

class AddonFieldsRequest {
  @Optional()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /** Any JSON object. */
  @Optional()
  @IsObject()
  metadata?: Record<string, unknown>;
}

export class UpdateAddonRequest extends AddonFieldsRequest {
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  name?: string;
}

export class CreateAddonRequest extends AddonFieldsRequest {
  /** @example "Extra seats" */
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  name!: string;

  /** Unique in the environment. */
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  lookup_key!: string;

  /** Whether a subscription can have it once or several times; once, when left out. */
  @Optional()
  @IsWord(['onetime', 'multiple_instance'])
  type?: 'onetime' | 'multiple_instance';
}

export class SearchAddonsRequest extends SearchRequest {
  @Optional()
  @IsArray()
  @IsString({ each: true })
  addon_ids?: string[];

  @Optional()
  @IsWord(['onetime', 'multiple_instance'])
  addon_type?: string;

  @Optional()
  @IsArray()
  @IsString({ each: true })
  lookup_keys?: string[];
}

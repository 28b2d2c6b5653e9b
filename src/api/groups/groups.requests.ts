import { SearchRequest } from '../../platform/http/list-query.js';
import { Optional } from '../../platform/http/fields.js';
import { IsStringMap } from '../../platform/http/json-fields.js';
import { IsId, IsText, IsTexts, IsOneOf } from '../../platform/http/text-fields.js';

export class CreateGroupRequest {
  @IsText({ min: 1, max: 200 })
  name!: string;

  /** Unique in the environment. */
  @IsText({ min: 1, max: 200 })
  lookup_key!: string;

  /** What it is a group of. */
  @IsOneOf(['price', 'feature'])
  entity_type!: 'price' | 'feature';

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class SearchGroupsRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  group_ids?: string[];

  @Optional()
  @IsOneOf(['price', 'feature'])
  entity_type?: string;

  @Optional()
  @IsId()
  lookup_key?: string;

  @Optional()
  @IsText()
  name?: string;
}

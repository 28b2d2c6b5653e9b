import { SearchRequest } from '../../platform/http/list-query.js';
import { MOST_PROSE } from '../../platform/http/bounds.js';
import { Optional } from '../../platform/http/fields.js';
import { IsJson } from '../../platform/http/json-fields.js';
import { IsText, IsTexts, IsOneOf } from '../../platform/http/text-fields.js';

class AddonFieldsRequest {
  @Optional()
  @IsText({ max: MOST_PROSE })
  description?: string;

  /** Any JSON object. */
  @Optional()
  @IsJson()
  metadata?: Record<string, unknown>;
}

export class UpdateAddonRequest extends AddonFieldsRequest {
  @Optional()
  @IsText({ min: 1, max: 500 })
  name?: string;
}

export class CreateAddonRequest extends AddonFieldsRequest {
  /** @example "Extra seats" */
  @IsText({ min: 1, max: 500 })
  name!: string;

  /** Unique in the environment. */
  @IsText({ min: 1, max: 200 })
  lookup_key!: string;

  /** Whether a subscription can have it once or several times; once, when left out. */
  @Optional()
  @IsOneOf(['onetime', 'multiple_instance'])
  type?: 'onetime' | 'multiple_instance';
}

export class SearchAddonsRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  addon_ids?: string[];

  @Optional()
  @IsOneOf(['onetime', 'multiple_instance'])
  addon_type?: string;

  @Optional()
  @IsTexts()
  lookup_keys?: string[];
}

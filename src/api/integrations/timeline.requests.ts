import { MAX_LIMIT } from '../../platform/http/list-query.js';
import { Optional } from '../../platform/http/fields.js';
import { IsOffset, IsWhole } from '../../platform/http/number-fields.js';
import { IsId, IsOneOf, IsOneOfList } from '../../platform/http/text-fields.js';

export class TimelineQuery {
  @IsId()
  entity_id!: string;

  @Optional()
  @IsId()
  entity_type?: string;

  @Optional()
  @IsId()
  provider?: string;

  @Optional()
  @IsId()
  connection_id?: string;

  /** Of the operation or of the webhook event, as it is now. */
  @Optional()
  @IsOneOfList([
    'pending',
    'running',
    'retrying',
    'succeeded',
    'failed',
    'skipped',
    'received',
    'handled',
    'parked',
  ])
  state?: string[];

  /** `asc`, as it happened, when left out. */
  @Optional()
  @IsOneOf(['asc', 'desc'])
  order?: 'asc' | 'desc';

  /** 1 to 1000, 50 when left out. */
  @Optional()
  @IsWhole({ min: 1, max: MAX_LIMIT })
  limit?: number;

  @Optional()
  @IsOffset()
  offset?: number;
}

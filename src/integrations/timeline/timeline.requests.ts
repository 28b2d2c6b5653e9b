import { IsInt, IsString, Max, Min, MinLength } from 'class-validator';
import { Type } from 'class-transformer';
import { IsWord, IsWordList, Optional } from '../../platform/http/fields.js';
import { MAX_LIMIT } from '../../platform/http/list-query.js';

export class TimelineQuery {
  @IsString()
  @MinLength(1)
  entity_id!: string;

  @Optional()
  @IsString()
  entity_type?: string;

  @Optional()
  @IsString()
  provider?: string;

  @Optional()
  @IsString()
  connection_id?: string;

  /** Of the operation or of the webhook event, as it is now. */
  @Optional()
  @IsWordList([
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
  @IsWord(['asc', 'desc'])
  order?: 'asc' | 'desc';

  /** 1 to 1000, 50 when left out. */
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit?: number;

  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  offset?: number;
}

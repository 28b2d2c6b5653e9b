import { IsString } from 'class-validator';
import { IsWordList, Optional } from '../platform/http/fields.js';
import { ListRequest } from '../platform/http/list-query.js';

export class ListJobsQuery extends ListRequest {
  /** `webhook.store`, `sync.run`, … */
  @Optional()
  @IsString()
  kind?: string;

  /** `parked` when left out. Jobs that are done are kept for seven days. */
  @Optional()
  @IsWordList(['queued', 'running', 'done', 'parked'])
  state?: string[];
}

import { ListRequest } from '../../platform/http/list-query.js';
import { Optional } from '../../platform/http/fields.js';
import { IsText, IsOneOfList } from '../../platform/http/text-fields.js';

export class ListJobsQuery extends ListRequest {
  /** `webhook.store`, `sync.run`, … */
  @Optional()
  @IsText()
  kind?: string;

  /** `parked` when left out. Jobs that are done are kept for seven days. */
  @Optional()
  @IsOneOfList(['queued', 'running', 'done', 'parked'])
  state?: string[];
}

import { Optional } from '../../platform/http/fields.js';
import { IsWhole } from '../../platform/http/number-fields.js';
import { IsId } from '../../platform/http/text-fields.js';

export class ExplainLineQuery {
  /** How many of the events behind the quantity are shown: 1 to 1000, 20 when left out. */
  @Optional()
  @IsWhole({ min: 1, max: 1000 })
  limit?: number;

  /** `events.next_cursor` of the page before. */
  @Optional()
  @IsId()
  cursor?: string;
}

import { Optional } from '../../platform/http/fields.js';
import { IsWhole } from '../../platform/http/number-fields.js';
import { IsText } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

const MOST = 1000;

export class ListAuditLogsQuery {
  /** 1 to 1000, 50 when left out. */
  @Optional()
  @IsWhole({ min: 1, max: MOST })
  limit?: number;

  /** `next_cursor` of the page before. */
  @Optional()
  @IsWhole({ min: 1, max: Number.MAX_SAFE_INTEGER })
  cursor?: number;

  /** `customer`, `invoice`, `api_key`, … */
  @Optional()
  @IsText()
  entity_type?: string;

  @Optional()
  @IsText()
  entity_id?: string;

  /** The id of an API key, or `system`. */
  @Optional()
  @IsText()
  actor?: string;

  /** `customer.updated`, … */
  @Optional()
  @IsText()
  action?: string;

  /** Made at or after. */
  @Optional()
  @IsInstant({ ever: true })
  start_time?: Date;

  /** Made before. */
  @Optional()
  @IsInstant({ ever: true })
  end_time?: Date;
}

import { Optional } from '../../platform/http/fields.js';
import { IsWhole } from '../../platform/http/number-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

/** The longest window: a leap year. */
export const MOST_DAYS = 366;

export class DashboardQuery {
  /** How many days up to now are looked at, and compared with as many before: 1 to 366, 30 when left out. */
  @Optional()
  @IsWhole({ min: 1, max: MOST_DAYS })
  days?: number;
}

export class UsageDashboardQuery {
  /** Inclusive. With `days` before the end, when left out. */
  @Optional()
  @IsInstant()
  start_time?: Date;

  /** Exclusive; at most 366 days after the start. The end of today (UTC), when left out. */
  @Optional()
  @IsInstant()
  end_time?: Date;

  /** Instead of `start_time`: 1 to 366, 30 when left out. */
  @Optional()
  @IsWhole({ min: 1, max: MOST_DAYS })
  days?: number;

  /** How many features and customers are shown, those with the most events first: 1 to 50, 10 when left out. */
  @Optional()
  @IsWhole({ min: 1, max: 50 })
  limit?: number;
}

import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { Optional } from '../../platform/http/fields.js';
import { IsWhole } from '../../platform/http/number-fields.js';
import { IsText, IsTexts, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class CreateApiKeyRequest {
  /** @example "Production backend" */
  @IsText({ min: 1, max: 200 })
  name!: string;

  @Optional()
  @IsOneOf(['private_key', 'publishable_key'])
  type?: string;

  /**
   * Of a private key: `admin` may do everything, `write` all but make keys, `read` only reads, `event_ingestor` only sends events.
   * `admin`, when neither roles nor permissions are given. A publishable key sends events and reads the catalogue.
   */
  @Optional()
  @IsTexts({ most: 10 })
  roles?: string[];

  /** Single permissions: `<noun>:read` or `<noun>:write`, the noun being the first part of a path. @example ["invoices:read"] */
  @Optional()
  @IsTexts({ most: 100 })
  permissions?: string[];

  @Optional()
  @NotSupportedYet()
  service_account_id?: string;

  /** The key stops working then; left out, never. */
  @Optional()
  @IsInstant({ ever: true })
  expires_at?: Date;
}

export class RotateApiKeyRequest {
  /** How long the old key goes on: seven days at most, a day when left out; 0: it ends at once. */
  @Optional()
  @IsWhole({ min: 0, max: 604_800 })
  overlap_seconds?: number;

  /** When the new key stops working; left out, never. */
  @Optional()
  @IsInstant({ ever: true })
  expires_at?: Date;
}

/** A test environment is ten years ahead at most. */
const TEN_YEARS_SECONDS = 10 * 366 * 24 * 60 * 60;

export class AdvanceClockRequest {
  /** The environment's time afterwards. One of `to` and `by_seconds`. */
  @Optional()
  @IsInstant()
  to?: Date;

  /** @example 86400 */
  @Optional()
  @IsWhole({ min: 1, max: TEN_YEARS_SECONDS })
  by_seconds?: number;
}

import { IsString, MaxLength, Min, MinLength, IsInt } from 'class-validator';
import { IsInstant, IsWord, Optional } from '../platform/http/fields.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

export class CreateApiKeyRequest {
  /** @example "Production backend" */
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name!: string;

  @Optional()
  @IsWord(['private_key', 'publishable_key'])
  type?: string;

  @Optional()
  @NotSupportedYet()
  service_account_id?: string;

  /** The key stops working then; left out, never. */
  @Optional()
  @IsInstant()
  expires_at?: Date;
}

export class AdvanceClockRequest {
  /** The environment's time afterwards. One of `to` and `by_seconds`. */
  @Optional()
  @IsInstant()
  to?: Date;

  /** @example 86400 */
  @Optional()
  @IsInt()
  @Min(1)
  by_seconds?: number;
}

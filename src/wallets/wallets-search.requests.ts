import { Transform, Type } from 'class-transformer';
import { IsArray, IsBoolean, IsInt, IsString, Max, Min, ValidateNested } from 'class-validator';
import {
  TRANSACTION_REASONS,
  TRANSACTION_REFERENCE_TYPES,
  TRANSACTION_STATUSES,
  TRANSACTION_TYPES,
  WALLET_STATUSES,
  type WalletStatus,
} from '../domain/wallets/wallet-kinds.js';
import { IsDecimalValue, IsInstant, IsWord, Optional } from '../platform/http/fields.js';
import { FilterRequest, MAX_LIMIT, SearchRequest, SortRequest } from '../platform/http/list-query.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

/** Not the common search request: `status` is the wallet's own here. */
export class SearchWalletsRequest {
  @Optional()
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit?: number;

  @Optional()
  @IsInt()
  @Min(0)
  offset?: number;

  @Optional()
  @IsWord(['asc', 'desc'])
  order?: 'asc' | 'desc';

  /** A field's name, or a list of them with their directions. */
  @Optional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? [Object.assign(new SortRequest(), { field: value })] : value,
  )
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => SortRequest)
  sort?: SortRequest[];

  @Optional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => FilterRequest)
  filters?: FilterRequest[];

  @Optional()
  @IsString()
  expand?: string;

  @Optional()
  @IsWord(WALLET_STATUSES)
  status?: WalletStatus;

  @Optional()
  @IsArray()
  @IsString({ each: true })
  wallet_ids?: string[];

  @Optional()
  @NotSupportedYet()
  alert_enabled?: boolean;
}

export class SearchWalletTransactionsRequest extends SearchRequest {
  @Optional()
  @IsString()
  id?: string;

  @Optional()
  @IsWord(TRANSACTION_TYPES)
  type?: string;

  @Optional()
  @IsWord(TRANSACTION_STATUSES)
  transaction_status?: string;

  @Optional()
  @IsWord(TRANSACTION_REASONS)
  transaction_reason?: string;

  @Optional()
  @IsWord(TRANSACTION_REFERENCE_TYPES)
  reference_type?: string;

  @Optional()
  @IsString()
  reference_id?: string;

  @Optional()
  @IsString()
  created_by?: string;

  @Optional()
  @Type(() => Number)
  @IsInt()
  priority?: number;

  /** Credits of which more than this is left. */
  @Optional()
  @IsDecimalValue({ min: '0' })
  credits_available_gt?: string;

  @Optional()
  @IsInstant()
  expiry_date_after?: Date;

  @Optional()
  @IsInstant()
  expiry_date_before?: Date;
}

/** Which customer's wallets: by our id, or by the caller's own as `lookup_key`. */
export class CustomerWalletsQuery {
  @Optional()
  @IsString()
  id?: string;

  @Optional()
  @IsString()
  lookup_key?: string;

  @Optional()
  @IsQueryBoolean()
  include_real_time_balance?: boolean;

  /** Balances are never cached here, so there is nothing to switch off. */
  @Optional()
  @IsQueryBoolean()
  from_cache?: boolean;

  @Optional()
  @IsString()
  expand?: string;
}

export class WalletBalanceQuery {
  /** `credits_available_breakdown` */
  @Optional()
  @IsString()
  expand?: string;
}

function IsQueryBoolean(): PropertyDecorator {
  return (target, property) => {
    Transform(({ value }: { value: unknown }) =>
      value === 'true' ? true : value === 'false' ? false : value,
    )(target, property);
    IsBoolean()(target, property);
  };
}

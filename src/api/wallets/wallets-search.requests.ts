import { Transform } from 'class-transformer';
import {
  TRANSACTION_REASONS,
  TRANSACTION_REFERENCE_TYPES,
  TRANSACTION_STATUSES,
  TRANSACTION_TYPES,
  WALLET_STATUSES,
  type WalletStatus,
} from '../../domain/wallets/wallet-kinds.js';
import { FilterRequest } from '../../platform/http/list-filters.js';
import { MAX_LIMIT, SearchRequest, SortRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { Optional } from '../../platform/http/fields.js';
import { IsListOf } from '../../platform/http/json-fields.js';
import { IsDecimalValue, IsOffset, IsWhole } from '../../platform/http/number-fields.js';
import { IsFlag, IsId, IsText, IsTexts, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

/** Not the common search request: `status` is the wallet's own here. */
export class SearchWalletsRequest {
  @Optional()
  @IsWhole({ min: 1, max: MAX_LIMIT })
  limit?: number;

  @Optional()
  @IsOffset()
  offset?: number;

  @Optional()
  @IsOneOf(['asc', 'desc'])
  order?: 'asc' | 'desc';

  /** A field's name, or a list of them with their directions. */
  @Optional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? [Object.assign(new SortRequest(), { field: value })] : value,
  )
  @IsListOf(() => SortRequest)
  sort?: SortRequest[];

  @Optional()
  @IsListOf(() => FilterRequest)
  filters?: FilterRequest[];

  @Optional()
  @IsText()
  expand?: string;

  @Optional()
  @IsOneOf(WALLET_STATUSES)
  status?: WalletStatus;

  @Optional()
  @IsTexts()
  wallet_ids?: string[];

  @Optional()
  @NotSupportedYet()
  alert_enabled?: boolean;
}

export class SearchWalletTransactionsRequest extends SearchRequest {
  @Optional()
  @IsId()
  id?: string;

  @Optional()
  @IsOneOf(TRANSACTION_TYPES)
  type?: string;

  @Optional()
  @IsOneOf(TRANSACTION_STATUSES)
  transaction_status?: string;

  @Optional()
  @IsOneOf(TRANSACTION_REASONS)
  transaction_reason?: string;

  @Optional()
  @IsOneOf(TRANSACTION_REFERENCE_TYPES)
  reference_type?: string;

  @Optional()
  @IsId()
  reference_id?: string;

  @Optional()
  @IsText()
  created_by?: string;

  @Optional()
  @IsWhole()
  priority?: number;

  /** Credits of which more than this is left. */
  @Optional()
  @IsDecimalValue({ min: '0' })
  credits_available_gt?: string;

  @Optional()
  @IsInstant({ ever: true })
  expiry_date_after?: Date;

  @Optional()
  @IsInstant({ ever: true })
  expiry_date_before?: Date;
}

/** Which customer's wallets: by our id, or by the caller's own as `lookup_key`. */
export class CustomerWalletsQuery {
  @Optional()
  @IsId()
  id?: string;

  @Optional()
  @IsId()
  lookup_key?: string;

  @Optional()
  @IsFlag()
  include_real_time_balance?: boolean;

  /** Balances are never cached here, so there is nothing to switch off. */
  @Optional()
  @IsFlag()
  from_cache?: boolean;

  @Optional()
  @IsText()
  expand?: string;
}

export class WalletBalanceQuery {
  /** `credits_available_breakdown` */
  @Optional()
  @IsText()
  expand?: string;
}

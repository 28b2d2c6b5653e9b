import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsBoolean,
  IsInt,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import {
  TOP_UP_REASONS,
  WALLET_PRICE_TYPES,
  WALLET_TYPES,
  type TopUpReason,
  type WalletPriceType,
  type WalletType,
} from '../domain/wallets/wallet-kinds.js';
import {
  IsCurrency,
  IsDecimalValue,
  IsInstant,
  IsStringMap,
  IsWord,
  IsWordList,
  Optional,
} from '../platform/http/fields.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

/** Highest priority number that the column holds. */
const MAX_PRIORITY = 2_147_483_647;

export class AutoTopUpRequest {
  @Optional()
  @IsBoolean()
  enabled?: boolean;

  /** In credits: filled up when the real-time balance is at or below this. */
  @Optional()
  @IsDecimalValue({ min: '0' })
  threshold?: string;

  /** In credits: what is added each time. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  amount?: string;

  /** By an invoice, with the credits coming when it is paid; else they come at once. */
  @Optional()
  @IsBoolean()
  invoicing?: boolean;

  @Optional()
  @NotSupportedYet()
  cooldown?: unknown;
}

export class WalletConfigRequest {
  /** What the wallet's credits may pay for; the real-time balance counts just that. */
  @Optional()
  @IsWordList(WALLET_PRICE_TYPES)
  @ArrayNotEmpty()
  allowed_price_types?: WalletPriceType[];
}

class WalletFieldsRequest {
  @Optional()
  @IsString()
  @MaxLength(2000)
  description?: string;

  @Optional()
  @ValidateNested()
  @Type(() => WalletConfigRequest)
  config?: WalletConfigRequest;

  @Optional()
  @ValidateNested()
  @Type(() => AutoTopUpRequest)
  auto_topup?: AutoTopUpRequest;

  @Optional()
  @NotSupportedYet()
  alert_settings?: Record<string, unknown>;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  name?: string;
}

export class CreateWalletRequest extends WalletFieldsRequest {
  /** Our id of the customer; one of `customer_id` and `external_customer_id` is required. */
  @Optional()
  @IsString()
  customer_id?: string;

  /** Your own id of the customer. */
  @Optional()
  @IsString()
  external_customer_id?: string;

  /** @example "usd" */
  @IsCurrency()
  currency!: string;

  /** `PRE_PAID` pays for usage; `POST_PAID` pays invoices. A customer has one active wallet of each per currency. */
  @Optional()
  @IsWord(WALLET_TYPES)
  wallet_type?: WalletType;

  /** Currency per credit when it is spent: with 2, one credit pays 2 USD. 1 when left out. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  conversion_rate?: string;

  /** Currency per credit when it is bought. The conversion rate when left out. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  topup_conversion_rate?: string;

  /** Credits to begin with, as a free grant. */
  @Optional()
  @IsDecimalValue({ min: '0' })
  initial_credits_to_load?: string;

  @Optional()
  @IsInstant()
  initial_credits_expiry_date_utc?: Date;

  /** YYYYMMDD: they expire when that day begins, UTC. */
  @Optional()
  @IsInt()
  @Min(10000101)
  @Max(99991231)
  initial_credits_to_load_expiry_date?: number;

  @Optional()
  @NotSupportedYet()
  price_unit?: string;
}

export class UpdateWalletRequest extends WalletFieldsRequest {}

class IdempotentRequest {
  /** Sent twice, it happens once. There is no key by default: two equal requests without one are two movements. */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  @Matches(/^(?!system:)/, { message: 'idempotency_key must not begin with system:' })
  idempotency_key?: string;

  @Optional()
  @IsString()
  @MaxLength(2000)
  description?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class TopUpWalletRequest extends IdempotentRequest {
  /**
   * `PURCHASED_CREDIT_DIRECT`: paid for elsewhere, credits now. `PURCHASED_CREDIT_INVOICED`: makes an invoice, credits when it is
   * paid. `FREE_CREDIT_GRANT`: given, credits now.
   */
  @IsWord(TOP_UP_REASONS)
  transaction_reason!: TopUpReason;

  /** Wins over `amount`. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  credits_to_add?: string;

  /** In the wallet's currency; divided by the top-up conversion rate. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  amount?: string;

  /** From then on they cannot be spent. */
  @Optional()
  @IsInstant()
  expiry_date_utc?: Date;

  /** Lower is spent first; credits without one are spent last. */
  @Optional()
  @IsInt()
  @Min(0)
  @Max(MAX_PRIORITY)
  priority?: number;

  /** Free credits on top of bought ones; they come together. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  bonus_credits_to_add?: string;

  @Optional()
  @IsInstant()
  bonus_credits_expiry_date_utc?: Date;

  @Optional()
  @NotSupportedYet()
  checkout?: Record<string, unknown>;

  @Optional()
  @NotSupportedYet()
  force_sync_invoice?: boolean;
}

export class DebitWalletRequest extends IdempotentRequest {
  /** Whole or not at all. */
  @IsDecimalValue({ moreThan: '0' })
  credits!: string;
}

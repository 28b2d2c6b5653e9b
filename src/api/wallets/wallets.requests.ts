import { IsBoolean, Matches } from 'class-validator';
import {
  TOP_UP_REASONS,
  WALLET_PRICE_TYPES,
  WALLET_TYPES,
  type TopUpReason,
  type WalletPriceType,
  type WalletType,
} from '../../domain/wallets/wallet-kinds.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { MOST_PROSE } from '../../platform/http/bounds.js';
import { Optional } from '../../platform/http/fields.js';
import { IsPart, IsStringMap } from '../../platform/http/json-fields.js';
import { IsConversionRate, IsMoney, IsWhole } from '../../platform/http/number-fields.js';
import { IsCurrency, IsId, IsText, IsOneOf, IsOneOfList } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class AutoTopUpRequest {
  @Optional()
  @IsBoolean()
  enabled?: boolean;

  /** In credits: filled up when the real-time balance is at or below this. */
  @Optional()
  @IsMoney({ min: '0' })
  threshold?: string;

  /** In credits: what is added each time. */
  @Optional()
  @IsMoney({ moreThan: '0' })
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
  @IsOneOfList(WALLET_PRICE_TYPES, { least: 1 })
  allowed_price_types?: WalletPriceType[];
}

class WalletFieldsRequest {
  @Optional()
  @IsText({ max: MOST_PROSE })
  description?: string;

  @Optional()
  @IsPart(() => WalletConfigRequest)
  config?: WalletConfigRequest;

  @Optional()
  @IsPart(() => AutoTopUpRequest)
  auto_topup?: AutoTopUpRequest;

  @Optional()
  @NotSupportedYet()
  alert_settings?: Record<string, unknown>;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @IsText({ min: 1, max: 500 })
  name?: string;
}

export class CreateWalletRequest extends WalletFieldsRequest {
  /** Our id of the customer; one of `customer_id` and `external_customer_id` is required. */
  @Optional()
  @IsId()
  customer_id?: string;

  /** Your own id of the customer. */
  @Optional()
  @IsId()
  external_customer_id?: string;

  /** @example "usd" */
  @IsCurrency()
  currency!: string;

  /** `PRE_PAID` pays for usage; `POST_PAID` pays invoices. A customer has one active wallet of each per currency. */
  @Optional()
  @IsOneOf(WALLET_TYPES)
  wallet_type?: WalletType;

  /** Currency per credit when it is spent: with 2, one credit pays 2 USD. 1 when left out. */
  @Optional()
  @IsConversionRate()
  conversion_rate?: string;

  /** Currency per credit when it is bought. The conversion rate when left out. */
  @Optional()
  @IsConversionRate()
  topup_conversion_rate?: string;

  /** Credits to begin with, as a free grant. */
  @Optional()
  @IsMoney({ min: '0' })
  initial_credits_to_load?: string;

  @Optional()
  @IsInstant({ ever: true })
  initial_credits_expiry_date_utc?: Date;

  /** YYYYMMDD: they expire when that day begins, UTC. */
  @Optional()
  @IsWhole({ min: 10000101, max: 99991231 })
  initial_credits_to_load_expiry_date?: number;

  @Optional()
  @NotSupportedYet()
  price_unit?: string;
}

export class UpdateWalletRequest extends WalletFieldsRequest {}

class IdempotentRequest {
  /** Sent twice, it happens once. There is no key by default: two equal requests without one are two movements. */
  @Optional()
  @Matches(/^(?!system:)/, { message: 'idempotency_key must not begin with system:' })
  @IsId()
  idempotency_key?: string;

  @Optional()
  @IsText({ max: MOST_PROSE })
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
  @IsOneOf(TOP_UP_REASONS)
  transaction_reason!: TopUpReason;

  /** Wins over `amount`. */
  @Optional()
  @IsMoney({ moreThan: '0' })
  credits_to_add?: string;

  /** In the wallet's currency; divided by the top-up conversion rate. */
  @Optional()
  @IsMoney({ moreThan: '0' })
  amount?: string;

  /** From then on they cannot be spent. */
  @Optional()
  @IsInstant({ ever: true })
  expiry_date_utc?: Date;

  /** Lower is spent first; credits without one are spent last. */
  @Optional()
  @IsWhole({ min: 0 })
  priority?: number;

  /** Free credits on top of bought ones; they come together. */
  @Optional()
  @IsMoney({ moreThan: '0' })
  bonus_credits_to_add?: string;

  @Optional()
  @IsInstant({ ever: true })
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
  @IsMoney({ moreThan: '0' })
  credits!: string;
}

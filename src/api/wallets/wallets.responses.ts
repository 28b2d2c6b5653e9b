import { ApiProperty } from '@nestjs/swagger';
import { CustomerResponse } from '../customers/customers.responses.js';
import { formatRate, type Rate } from '../../domain/rate.js';
import { amountOfCredits } from '../../domain/wallets/conversion.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import type { CreditBreakdown, Wallet, WalletTransaction } from '../../wallets/wallets.types.js';

export class AutoTopUpResponse {
  enabled!: boolean;
  /** Credits. Clients read a JSON number here. */
  threshold!: number;
  /** Credits. Clients read a JSON number here. */
  amount!: number;
  invoicing!: boolean;
  /** Not supported yet. */
  @ApiProperty({ type: String, nullable: true })
  cooldown!: null;
}

export class WalletConfigResponse {
  allowed_price_types!: string[];
}

export class CreditBreakdownResponse {
  /** Credits that nobody has paid for. */
  free!: string;
  purchased!: string;
}

export class WalletResponse {
  id!: string;
  customer_id!: string;
  currency!: string;
  wallet_type!: string;
  wallet_status!: string;
  name!: string | null;
  description!: string | null;
  /** In the currency: credits × conversion rate. Decimal strings, all of them. */
  balance!: string;
  /** In credits. */
  credit_balance!: string;
  /** Balance less what is used and not paid yet; where it was asked for. */
  real_time_balance!: string | null;
  real_time_credit_balance!: string | null;
  credits_available_breakdown!: CreditBreakdownResponse | null;
  /** Currency per credit when it is spent. */
  conversion_rate!: string;
  /** Currency per credit when it is bought. */
  topup_conversion_rate!: string;
  config!: WalletConfigResponse;
  auto_topup!: AutoTopUpResponse | null;
  /** Not supported yet. */
  alert_settings!: Record<string, unknown> | null;
  alert_state!: string | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class TerminatedWalletResponse extends WalletResponse {
  message!: string;
}

export class ListWalletsResponse {
  items!: WalletResponse[];
  pagination!: PaginationResponse;
}

export class WalletTransactionResponse {
  id!: string;
  wallet_id!: string;
  wallet!: WalletResponse | null;
  customer_id!: string;
  customer!: CustomerResponse | null;
  type!: string;
  transaction_status!: string;
  transaction_reason!: string;
  reference_type!: string | null;
  reference_id!: string | null;
  parent_transaction_id!: string | null;
  description!: string | null;
  /** In credits; what was moved. */
  credit_amount!: string;
  /** In the currency: what was paid for bought credits, what the others are worth. */
  amount!: string;
  currency!: string;
  conversion_rate!: string;
  topup_conversion_rate!: string;
  credit_balance_before!: string;
  credit_balance_after!: string;
  /** What is left of a credit. */
  credits_available!: string;
  priority!: number | null;
  expiry_date!: Date | null;
  idempotency_key!: string | null;
  metadata!: Record<string, string>;
  /** There are no users here: `created_by` is an API key. */
  created_by_user!: Record<string, unknown> | null;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListWalletTransactionsResponse {
  items!: WalletTransactionResponse[];
  pagination!: PaginationResponse;
}

export class WalletMovementResponse {
  wallet!: WalletResponse;
  wallet_transaction!: WalletTransactionResponse;
}

export interface RealTime {
  /** In the currency. */
  readonly balance: Rate;
  readonly credits: Rate;
}

export const toBreakdownResponse = (breakdown: CreditBreakdown): CreditBreakdownResponse => ({
  free: formatRate(breakdown.free),
  purchased: formatRate(breakdown.purchased),
});

export const toWalletResponse = (
  row: Wallet,
  more: { readonly realTime?: RealTime; readonly breakdown?: CreditBreakdown } = {},
): WalletResponse => ({
  id: row.id,
  customer_id: row.customerId,
  currency: row.currency,
  wallet_type: row.walletType,
  wallet_status: row.walletStatus,
  name: row.name,
  description: row.description,
  balance: formatRate(amountOfCredits(row.creditBalance, row.conversionRate)),
  credit_balance: formatRate(row.creditBalance),
  real_time_balance: more.realTime ? formatRate(more.realTime.balance) : null,
  real_time_credit_balance: more.realTime ? formatRate(more.realTime.credits) : null,
  credits_available_breakdown: more.breakdown ? toBreakdownResponse(more.breakdown) : null,
  conversion_rate: formatRate(row.conversionRate),
  topup_conversion_rate: formatRate(row.topUpConversionRate),
  config: { allowed_price_types: row.allowedPriceTypes },
  auto_topup: row.autoTopUp && {
    enabled: row.autoTopUp.enabled,
    threshold: Number(row.autoTopUp.threshold),
    amount: Number(row.autoTopUp.amount),
    invoicing: row.autoTopUp.invoicing,
    cooldown: null,
  },
  alert_settings: null,
  alert_state: null,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

export const toWalletTransactionResponse = (
  row: WalletTransaction,
  parts: { readonly wallet?: WalletResponse | null; readonly customer?: CustomerResponse | null } = {},
): WalletTransactionResponse => ({
  id: row.id,
  wallet_id: row.walletId,
  wallet: parts.wallet ?? null,
  customer_id: row.customerId,
  customer: parts.customer ?? null,
  type: row.type,
  transaction_status: row.transactionStatus,
  transaction_reason: row.transactionReason,
  reference_type: row.referenceType,
  reference_id: row.referenceId,
  parent_transaction_id: row.parentTransactionId,
  description: row.description,
  credit_amount: formatRate(row.creditAmount),
  amount: formatRate(row.amount),
  currency: row.currency,
  conversion_rate: formatRate(row.conversionRate),
  topup_conversion_rate: formatRate(row.topUpConversionRate),
  credit_balance_before: formatRate(row.creditBalanceBefore),
  credit_balance_after: formatRate(row.creditBalanceAfter),
  credits_available: formatRate(row.creditsAvailable),
  priority: row.priority,
  expiry_date: row.expiryDate,
  idempotency_key: row.idempotencyKey,
  metadata: row.metadata,
  created_by_user: null,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

import { formatRate } from '../../domain/rate.js';
import { toWalletResponse, WalletResponse } from './wallets.responses.js';
import type { CreditBreakdown, Wallet } from '../../wallets/wallets.types.js';
import type { RealTimeBalance } from '../../prepaid/wallet-balance.service.js';

export class WalletBalanceResponse extends WalletResponse {
  /** In the currency: what the current periods would be billed for if they ended now. */
  current_period_usage!: string;
  /** In the currency: what invoices still ask for usage. */
  unpaid_invoices_amount!: string;
  balance_updated_at!: Date;
  /** Never: every answer is computed. */
  is_cached_fallback!: boolean;
}

export const toWalletBalanceResponse = (
  row: Wallet,
  realTime: RealTimeBalance,
  breakdown: CreditBreakdown | undefined,
): WalletBalanceResponse => ({
  ...toWalletResponse(row, { realTime, ...(breakdown ? { breakdown } : {}) }),
  // A wallet that is not active has nothing to spend, whatever its books say.
  ...(row.walletStatus === 'active' ? {} : { balance: '0', credit_balance: '0' }),
  current_period_usage: formatRate(realTime.currentPeriodUsage),
  unpaid_invoices_amount: formatRate(realTime.unpaidInvoices),
  balance_updated_at: row.balanceUpdatedAt,
  is_cached_fallback: false,
});

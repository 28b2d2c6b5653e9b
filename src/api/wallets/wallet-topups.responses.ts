import { WalletResponse, WalletTransactionResponse } from './wallets.responses.js';

export class TopUpWalletResponse {
  wallet!: WalletResponse;
  /** Pending until the invoice is paid, where there is one. */
  wallet_transaction!: WalletTransactionResponse;
  invoice_id!: string | null;
  /** Not supported yet. */
  checkout_session!: Record<string, unknown> | null;
}

import { Injectable } from '@nestjs/common';
import { fieldErrors } from '../domain/errors.js';
import { exactMoney, roundToMoney } from '../domain/money.js';
import { formatRate } from '../domain/rate.js';
import type { Ctx } from '../platform/context.js';
import { WalletTopUps, type TopUp } from '../wallets/wallet-topups.service.js';
import type { Movement, Wallet } from '../wallets/wallets.types.js';
import { InvoicesService } from '../invoices/invoices.service.js';

export interface ToppedUp extends Movement {
  readonly invoiceId: string | null;
}

/** Filling a wallet by whatever way was asked for. The caller holds the wallet's lock. */
@Injectable()
export class WalletInvoicing {
  constructor(
    private readonly topUps: WalletTopUps,
    private readonly invoices: InvoicesService,
  ) {}

  /** `automatic`: nobody asked for it but the wallet's own settings; its invoice is collected without asking either. */
  async topUp(
    ctx: Ctx,
    wallet: Wallet,
    topUp: TopUp,
    options: { readonly automatic: boolean },
  ): Promise<ToppedUp> {
    const earlier = await this.topUps.earlier(ctx, wallet, topUp);
    if (earlier !== null)
      return {
        wallet,
        transaction: earlier,
        invoiceId: earlier.referenceType === 'INVOICE' ? earlier.referenceId : null,
      };
    assertInFuture(ctx, topUp);
    if (topUp.reason !== 'PURCHASED_CREDIT_INVOICED')
      return { ...(await this.topUps.book(ctx, wallet, topUp)), invoiceId: null };
    const invoiceId = await this.invoice(ctx, wallet, topUp, options.automatic);
    const transaction = await this.topUps.awaitPayment(ctx, wallet, topUp, invoiceId);
    return { wallet, transaction, invoiceId };
  }

  private async invoice(ctx: Ctx, wallet: Wallet, topUp: TopUp, automatic: boolean): Promise<string> {
    const { credits, amount } = topUp.quantity;
    const price = roundToMoney(amount, wallet.currency);
    if (price.amount <= 0n)
      throw fieldErrors({
        credits_to_add: `${formatRate(credits)} credits cost less than the smallest unit of ${wallet.currency}: there is nothing to invoice`,
      });
    const { invoice } = await this.invoices.draft(ctx, {
      customerId: wallet.customerId,
      subscriptionId: null,
      type: 'CREDIT',
      billingReason: automatic ? 'WALLET_AUTO_TOPUP' : 'MANUAL',
      billingPeriod: null,
      collectionMethod: automatic ? 'charge_automatically' : 'send_invoice',
      currency: wallet.currency,
      lines: [{ displayName: 'Wallet credits', amount, quantity: credits, priceType: 'FIXED', period: null }],
      period: null,
      description: topUp.description ?? 'Wallet credits',
      metadata: { wallet_id: wallet.id },
    });
    await this.invoices.finalize(ctx, invoice.id);
    return invoice.id;
  }
}

/** Only of a new top-up: a repeated one may come after its credits have expired. */
function assertInFuture(ctx: Ctx, topUp: TopUp): void {
  const errors: Record<string, string> = {};
  if (topUp.expiresAt && topUp.expiresAt <= ctx.now)
    errors.expiry_date_utc = 'expiry_date_utc: credits cannot expire in the past';
  if (topUp.bonus?.expiresAt && topUp.bonus.expiresAt <= ctx.now)
    errors.bonus_credits_expiry_date_utc = 'bonus_credits_expiry_date_utc: credits cannot expire in the past';
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
}

/** An amount that goes onto an invoice must be one that can be paid. */
export function assertPayableAmount(amount: TopUp['quantity']['amount'], currency: string): void {
  if (exactMoney(amount, currency) === undefined)
    throw fieldErrors({ amount: `amount has more decimal places than ${currency} has` });
}

import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../domain/errors.js';
import {
  addMoney,
  minMoney,
  money,
  sumMoney,
  truncateToMoney,
  zeroMoney,
  type Money,
} from '../domain/money.js';
import type { PriceType } from '../domain/rating/price-kinds.js';
import type { Purse } from '../domain/wallets/ledger.js';
import type { Ctx } from '../platform/context.js';
import { WalletPurchases, type PurchaseUndoing } from '../wallets/wallet-purchases.service.js';
import { WalletSpending } from '../wallets/wallet-spending.service.js';
import { WalletsService } from '../wallets/wallets.service.js';
import type { CreditInput, Invoice, InvoiceCreditApplication } from './invoices.types.js';

/** Money that goes back to a customer as credit. */
export interface CreditGivenBack {
  readonly customerId: string;
  readonly amount: Money;
  readonly reason: 'INVOICE_VOID_REFUND' | 'CREDIT_NOTE';
  readonly invoiceId: string;
  readonly creditNoteId: string | null;
  /** The same key again gives nothing a second time. */
  readonly idempotencyKey: string;
}

export interface PaymentFromCredit {
  readonly customerId: string;
  /** Null: the customer's POST_PAID wallet of that currency. */
  readonly walletId: string | null;
  readonly amount: Money;
  readonly paymentId: string;
}

/** Where invoices and payments meet the customers' wallets. */
@Injectable()
export class CustomerCreditService {
  constructor(
    private readonly spending: WalletSpending,
    private readonly wallets: WalletsService,
    private readonly purchases: WalletPurchases,
  ) {}

  /**
   * What prepaid balances each of those invoices may spend, in the order in which they are spent, locked until the unit
   * of work ends. By two statements for each currency, however many invoices; several invoices of one customer are
   * told apart by the caller, who takes off what an earlier one spends.
   */
  async balancesFor(
    ctx: Ctx,
    invoices: readonly Invoice[],
  ): Promise<ReadonlyMap<string, readonly CreditInput[]>> {
    const balances = new Map<string, readonly CreditInput[]>();
    for (const currency of [...new Set(invoices.map((invoice) => invoice.currency))].sort()) {
      const own = invoices.filter((invoice) => invoice.currency === currency);
      const found = await this.spending.listSpendable(
        ctx,
        currency,
        own.map((invoice) => ({ customerId: invoice.customerId, ...spentAt(ctx, invoice) })),
        { lock: true },
      );
      for (const { id, customerId } of own) balances.set(id, found.get(customerId) ?? []);
    }
    return balances;
  }

  /** Takes exactly these slices from the wallets: once for an invoice and wallet. */
  async spend(ctx: Ctx, invoice: Invoice, slices: readonly InvoiceCreditApplication[]): Promise<void> {
    for (const walletId of [...new Set(slices.map((slice) => slice.walletId))]) {
      const amounts = new Map<Purse, Money>();
      for (const { purse, amount } of slices.filter((slice) => slice.walletId === walletId))
        amounts.set(
          purse,
          addMoney(amounts.get(purse) ?? zeroMoney(invoice.currency), money(amount, invoice.currency)),
        );
      await this.spending.spendForInvoice(ctx, walletId, {
        invoiceId: invoice.id,
        amounts,
        ...spentAt(ctx, invoice),
      });
    }
  }

  /** Gives the prepaid credits back that a void invoice was paid with, on the terms on which they were there. */
  returnSpent(ctx: Ctx, invoice: Invoice): Promise<void> {
    return this.spending.returnSpent(ctx, invoice);
  }

  /**
   * Of an invoice by which credits were bought: takes back as large a part of them as of its total is not paid any more, or
   * gives it again (law B5). The invoice is locked.
   */
  async keepPurchase(ctx: Ctx, invoice: Invoice, paid: Money, undoing: PurchaseUndoing): Promise<void> {
    if (invoice.invoiceType !== 'CREDIT') return;
    await this.purchases.keep(
      ctx,
      { invoiceId: invoice.id, paid: paid.amount, price: invoice.total },
      undoing,
    );
  }

  /** Adds to the customer's prepaid wallet of that currency, made on demand. Answers the transaction's id, null for nothing. */
  async giveBack(ctx: Ctx, credit: CreditGivenBack): Promise<string | null> {
    const moved = await this.spending.giveBack(ctx, {
      customerId: credit.customerId,
      amount: credit.amount,
      reason: credit.reason,
      referenceId: credit.creditNoteId ?? credit.invoiceId,
      key: credit.idempotencyKey,
    });
    return moved?.transaction.id ?? null;
  }

  /**
   * What the customer's POST_PAID wallets can pay of an invoice now, biggest first, locked: each no more than what the lines
   * that it may pay for come to.
   */
  async payable(
    ctx: Ctx,
    invoice: Invoice,
    shares: readonly { readonly priceType: PriceType; readonly amount: Money }[],
  ): Promise<{ readonly walletId: string; readonly amount: Money }[]> {
    const { currency, customerId } = invoice;
    const found = await this.spending.listSpendable(
      ctx,
      currency,
      [{ customerId, asOf: ctx.now, usedFrom: null }],
      {
        lock: true,
        walletType: 'POST_PAID',
      },
    );
    return (found.get(customerId) ?? []).map(({ walletId, amount, priceTypes }) => ({
      walletId,
      amount: minMoney(
        truncateToMoney(amount, currency),
        sumMoney(
          shares.filter((one) => priceTypes.includes(one.priceType)).map((one) => one.amount),
          currency,
        ),
      ),
    }));
  }

  /** Takes a payment out of a wallet whole, or refuses it. Answers the wallet and the transaction. */
  async pay(
    ctx: Ctx,
    payment: PaymentFromCredit,
  ): Promise<{ readonly walletId: string; readonly transactionId: string }> {
    const walletId = payment.walletId ?? (await this.payingWallet(ctx, payment.customerId, payment.amount));
    const transaction = await this.spending.pay(ctx, walletId, payment);
    return { walletId, transactionId: transaction.id };
  }

  /** Takes a payment out of what was given back to a PRE_PAID wallet. */
  async payFromGivenBack(
    ctx: Ctx,
    payment: PaymentFromCredit & { readonly walletId: string },
  ): Promise<{ readonly walletId: string; readonly transactionId: string }> {
    const transaction = await this.spending.payFromGivenBack(ctx, payment.walletId, payment);
    return { walletId: payment.walletId, transactionId: transaction.id };
  }

  private async payingWallet(ctx: Ctx, customerId: string, { currency }: Money): Promise<string> {
    const wallet = (await this.wallets.ofCustomer(ctx, customerId)).find(
      (one) => one.walletType === 'POST_PAID' && one.walletStatus === 'active' && one.currency === currency,
    );
    if (wallet === undefined)
      throw invalidOperation(
        `the customer has no POST_PAID wallet in ${currency} to pay from`,
        'no_wallet_to_pay_from',
      );
    return wallet.id;
  }
}

/** A period's invoice spends what was there in the period: a grant of the next one is not for it. */
const spentAt = (
  ctx: Ctx,
  { periodStart, periodEnd, invoiceType }: Invoice,
): { readonly asOf: Date; readonly usedFrom: Date | null } =>
  invoiceType === 'SUBSCRIPTION' && periodEnd !== null && periodEnd <= ctx.now
    ? { asOf: new Date(periodEnd.getTime() - 1), usedFrom: periodStart }
    : { asOf: ctx.now, usedFrom: null };

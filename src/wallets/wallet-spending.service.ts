import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../domain/errors.js';
import { moneyToRate, type Money } from '../domain/money.js';
import type { Rate } from '../domain/rate.js';
import { amountOfCredits, creditsForAmount, creditsForMoney } from '../domain/wallets/conversion.js';
import { spendableTotal, type Credit } from '../domain/wallets/ledger.js';
import type { WalletPriceType, WalletType } from '../domain/wallets/wallet-kinds.js';
import type { Ctx } from '../platform/context.js';
import { WalletEntity } from './wallet.entity.js';
import { WalletLedger } from './wallet-ledger.service.js';
import { WalletTransactionEntity } from './wallet-transaction.entity.js';
import { WalletsService } from './wallets.service.js';
import { systemKey, type Movement, type Wallet, type WalletTransaction } from './wallets.types.js';

/** Whose credits, and which: those that can be spent at `asOf`. */
export interface SpendingCustomer {
  readonly customerId: string;
  readonly asOf: Date;
}

/** A balance that an invoice may be paid from; fits the domain's `applyCredits`. */
export interface SpendableCredit {
  /** The wallet's id. */
  readonly key: string;
  /** Exact, in major units of the currency. */
  readonly amount: Rate;
  /** What it may pay for. */
  readonly priceTypes: readonly WalletPriceType[];
}

export type GiveBackReason = 'INVOICE_VOID_REFUND' | 'CREDIT_NOTE' | 'CREDIT_ADJUSTMENT';

/** Where invoices and credits meet. Each method can be called again for the same invoice, payment or note: it happens once. */
@Injectable()
export class WalletSpending {
  constructor(
    private readonly ledger: WalletLedger,
    private readonly wallets: WalletsService,
  ) {}

  /**
   * What the customers' wallets of that currency hold (PRE_PAID ones, when left out), biggest first: by two statements, however many customers. With
   * `lock` nobody else spends it before this unit of work ends; without, it is only to be looked at (a preview).
   */
  async listSpendable(
    ctx: Ctx,
    currency: string,
    customers: readonly SpendingCustomer[],
    options: { readonly lock: boolean; readonly walletType?: WalletType },
  ): Promise<ReadonlyMap<string, SpendableCredit[]>> {
    const asOf = new Map(customers.map((one) => [one.customerId, one.asOf]));
    const query = ctx.em
      .createQueryBuilder(WalletEntity, 'row')
      .where('row.customerId = ANY(:ids)', { ids: [...asOf.keys()] })
      .andWhere('row.currency = :currency AND row.walletType = :walletType', {
        currency,
        walletType: options.walletType ?? 'PRE_PAID',
      })
      .andWhere(`row.walletStatus = 'active' AND row.creditBalance > 0`)
      // One order for everybody: two billing runs must not wait for each other.
      .orderBy('row.id');
    if (asOf.size === 0) return new Map();
    const wallets = await (options.lock ? query.setLock('pessimistic_write') : query).getMany();
    const credits = await this.creditsOf(ctx, wallets);
    const found = new Map<string, SpendableCredit[]>();
    for (const wallet of wallets) {
      const spendable = spendableTotal(credits.get(wallet.id) ?? [], asOf.get(wallet.customerId) ?? ctx.now);
      if (!spendable.greaterThan(0)) continue;
      const amount = amountOfCredits(spendable, wallet.conversionRate);
      found.set(wallet.customerId, [
        ...(found.get(wallet.customerId) ?? []),
        { key: wallet.id, amount, priceTypes: wallet.allowedPriceTypes },
      ]);
    }
    for (const list of found.values()) list.sort((a, b) => b.amount.comparedTo(a.amount));
    return found;
  }

  /** Takes what an invoice's usage lines were paid with from one wallet. Once for an invoice and wallet. */
  async spendForInvoice(
    ctx: Ctx,
    walletId: string,
    spend: { readonly invoiceId: string; readonly amount: Money; readonly asOf: Date },
  ): Promise<WalletTransaction> {
    const key = systemKey('invoice', spend.invoiceId, walletId);
    const wallet = await this.ledger.lockActive(ctx, walletId);
    return (
      (await this.ledger.findByKey(ctx, key)) ??
      (await this.debitMoney(ctx, wallet, spend.amount, {
        referenceType: 'INVOICE',
        referenceId: spend.invoiceId,
        asOf: spend.asOf,
        idempotencyKey: key,
        description: 'Credits applied to an invoice',
      }))
    );
  }

  /** A payment of an invoice by the method CREDITS: from a POST_PAID wallet of the payer, once for a payment. */
  async pay(
    ctx: Ctx,
    walletId: string,
    payment: { readonly paymentId: string; readonly customerId: string; readonly amount: Money },
  ): Promise<WalletTransaction> {
    const key = systemKey('payment', payment.paymentId);
    const wallet = await this.ledger.lockActive(ctx, walletId);
    if (wallet.walletType !== 'POST_PAID')
      throw invalidOperation(
        'the wallet is PRE_PAID: it pays for usage on its own; payments are made from POST_PAID wallets',
        'wallet_not_post_paid',
        { id: walletId },
      );
    if (wallet.customerId !== payment.customerId)
      throw invalidOperation("the wallet is another customer's", 'wallet_of_another_customer', {
        id: walletId,
      });
    return (
      (await this.ledger.findByKey(ctx, key)) ??
      (await this.debitMoney(ctx, wallet, payment.amount, {
        referenceType: 'PAYMENT',
        referenceId: payment.paymentId,
        asOf: ctx.now,
        idempotencyKey: key,
        description: 'Invoice paid with credits',
      }))
    );
  }

  /**
   * Gives money back as credits that do not expire, into the customer's PRE_PAID wallet of that currency, made on demand. Once
   * for a reason and `referenceId`: the invoice that is void, the credit note, or whatever else it is given for.
   */
  async giveBack(
    ctx: Ctx,
    back: {
      readonly customerId: string;
      readonly amount: Money;
      readonly reason: GiveBackReason;
      readonly referenceId: string;
      /** Of several times for one reference; the reference itself, when left out. */
      readonly key?: string | undefined;
      readonly description?: string | undefined;
    },
  ): Promise<Movement | null> {
    if (back.amount.amount <= 0n) return null;
    const key = systemKey(back.reason, back.key ?? back.referenceId);
    const wallet = await this.wallets.lockOrCreate(ctx, {
      customerId: back.customerId,
      currency: back.amount.currency,
      walletType: 'PRE_PAID',
    });
    const earlier = await this.ledger.findByKey(ctx, key);
    if (earlier !== null) return { wallet, transaction: earlier };
    return this.ledger.credit(ctx, wallet, {
      reason: back.reason,
      credits: creditsForAmount(moneyToRate(back.amount), wallet.conversionRate),
      amount: moneyToRate(back.amount),
      referenceType: back.reason === 'INVOICE_VOID_REFUND' ? 'INVOICE' : 'REQUEST',
      referenceId: back.referenceId,
      description: back.description,
      idempotencyKey: key,
    });
  }

  private async debitMoney(
    ctx: Ctx,
    wallet: Wallet,
    amount: Money,
    more: {
      readonly referenceType: 'INVOICE' | 'PAYMENT';
      readonly referenceId: string;
      readonly asOf: Date;
      readonly idempotencyKey: string;
      readonly description: string;
    },
  ): Promise<WalletTransaction> {
    if (amount.currency !== wallet.currency)
      throw invalidOperation(
        `the wallet is in ${wallet.currency}, the invoice in ${amount.currency}`,
        'currency_mismatch',
      );
    const { credits } = await this.ledger.ledgerOf(ctx, wallet);
    const available = spendableTotal(credits, more.asOf);
    const worth = amountOfCredits(available, wallet.conversionRate);
    const { transaction } = await this.ledger.debit(ctx, wallet, {
      reason: 'INVOICE_PAYMENT',
      credits: worth.lessThan(moneyToRate(amount))
        ? creditsForAmount(moneyToRate(amount), wallet.conversionRate)
        : creditsForMoney(amount, wallet.conversionRate, available),
      amount: moneyToRate(amount),
      ...more,
    });
    return transaction;
  }

  private async creditsOf(ctx: Ctx, wallets: readonly Wallet[]): Promise<ReadonlyMap<string, Credit[]>> {
    const byWallet = new Map<string, Credit[]>();
    if (wallets.length === 0) return byWallet;
    const rows = await ctx.em
      .createQueryBuilder(WalletTransactionEntity, 'row')
      .where('row.walletId = ANY(:ids) AND row.creditsAvailable > 0', { ids: wallets.map(({ id }) => id) })
      .getMany();
    for (const row of rows)
      byWallet.set(row.walletId, [
        ...(byWallet.get(row.walletId) ?? []),
        {
          key: row.id,
          available: row.creditsAvailable,
          priority: row.priority,
          expiresAt: row.expiryDate,
          effectiveFrom: row.effectiveFrom,
        },
      ]);
    return byWallet;
  }
}

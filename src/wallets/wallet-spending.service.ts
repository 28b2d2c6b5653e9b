import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../domain/errors.js';
import { moneyToRate, sumMoney, type Money } from '../domain/money.js';
import { ZERO, type Rate } from '../domain/rate.js';
import type { PriceType } from '../domain/rating/price-kinds.js';
import { amountOfCredits, creditsForAmount, creditsForMoney } from '../domain/wallets/conversion.js';
import { spendableByPurse, type Credit, type Purse } from '../domain/wallets/ledger.js';
import { pursePays, type WalletType } from '../domain/wallets/wallet-kinds.js';
import type { Ctx } from '../platform/context.js';
import { findRows } from '../platform/database/rows.js';
import { WalletCreditUseEntity } from './wallet-credit-use.entity.js';
import { EXPIRED_WAIT_MS } from './wallet-expiries.service.js';
import { WalletEntity } from './wallet.entity.js';
import { creditOf, WalletLedger } from './wallet-ledger.service.js';
import { WalletTransactionEntity } from './wallet-transaction.entity.js';
import { WalletsService } from './wallets.service.js';
import {
  systemKey,
  type CreditInput,
  type Movement,
  type Wallet,
  type WalletTransaction,
} from './wallets.types.js';

/** Whose credits, and which: those that can be spent at `asOf`. */
export interface SpendingCustomer {
  readonly customerId: string;
  readonly asOf: Date;
  /** Of a bill: when what it is for began to be used. What is held for that is spent too. */
  readonly usedFrom: Date | null;
}

/** A part of a wallet that an invoice may be paid from; fits the domain's `applyCredits`. */
export interface SpendableCredit {
  readonly walletId: string;
  readonly purse: Purse;
  /** Exact, in major units of the currency. */
  readonly amount: Rate;
  readonly priceTypes: readonly PriceType[];
  readonly paysTax: boolean;
}

/** What an invoice takes from one wallet. */
export interface InvoiceSpending {
  readonly invoiceId: string;
  readonly amounts: ReadonlyMap<Purse, Money>;
  readonly asOf: Date;
  readonly usedFrom: Date | null;
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
    const spending = new Map(customers.map((one) => [one.customerId, one]));
    const query = ctx.em
      .createQueryBuilder(WalletEntity, 'row')
      .where('row.customerId = ANY(:ids)', { ids: [...spending.keys()] })
      .andWhere('row.currency = :currency AND row.walletType = :walletType', {
        currency,
        walletType: options.walletType ?? 'PRE_PAID',
      })
      .andWhere(`row.walletStatus = 'active' AND row.creditBalance > 0`)
      // One order for everybody: two billing runs must not wait for each other.
      .orderBy('row.id');
    if (spending.size === 0) return new Map();
    const wallets = await (options.lock ? query.setLock('pessimistic_write') : query).getMany();
    const credits = await this.creditsOf(ctx, wallets);
    const found = new Map<string, { readonly total: Rate; readonly purses: SpendableCredit[] }[]>();
    for (const wallet of wallets) {
      const { asOf: at, usedFrom } = spending.get(wallet.customerId) as SpendingCustomer;
      const purses = spendableByPurse(credits.get(wallet.id) ?? [], at, usedFrom);
      const total = [...purses.values()].reduce((sum, own) => sum.plus(own), ZERO);
      if (!total.greaterThan(0)) continue;
      found.set(wallet.customerId, [
        ...(found.get(wallet.customerId) ?? []),
        {
          total: amountOfCredits(total, wallet.conversionRate),
          purses: [...purses].flatMap(([purse, own]) =>
            own.greaterThan(0)
              ? [
                  {
                    walletId: wallet.id,
                    purse,
                    amount: amountOfCredits(own, wallet.conversionRate),
                    ...pursePays(purse, wallet.allowedPriceTypes),
                  },
                ]
              : [],
          ),
        },
      ]);
    }
    return new Map(
      [...found].map(([customerId, list]) => [
        customerId,
        list.sort((a, b) => b.total.comparedTo(a.total)).flatMap(({ purses }) => purses),
      ]),
    );
  }

  /** Takes what an invoice was paid with from one wallet. Once for an invoice and wallet. */
  async spendForInvoice(ctx: Ctx, walletId: string, spend: InvoiceSpending): Promise<WalletTransaction> {
    const key = systemKey('invoice', spend.invoiceId, walletId);
    const wallet = await this.ledger.lockActive(ctx, walletId);
    return (
      (await this.ledger.findByKey(ctx, key)) ??
      (await this.debitMoney(ctx, wallet, spend.amounts, {
        referenceType: 'INVOICE',
        referenceId: spend.invoiceId,
        asOf: spend.asOf,
        usedFrom: spend.usedFrom,
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
      (await this.debitMoney(ctx, wallet, new Map([['allowed', payment.amount]]), {
        ...paymentDebit(ctx, payment.paymentId),
        idempotencyKey: key,
      }))
    );
  }

  /** A payment of an invoice out of what was given back to a PRE_PAID wallet, once for a payment. */
  async payFromGivenBack(
    ctx: Ctx,
    walletId: string,
    payment: { readonly paymentId: string; readonly amount: Money },
  ): Promise<WalletTransaction> {
    const key = systemKey('payment', payment.paymentId);
    const wallet = await this.ledger.lockActive(ctx, walletId);
    return (
      (await this.ledger.findByKey(ctx, key)) ??
      (await this.debitMoney(ctx, wallet, new Map([['given_back', payment.amount]]), {
        ...paymentDebit(ctx, payment.paymentId),
        idempotencyKey: key,
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
      givenBack: true,
      referenceType: back.reason === 'INVOICE_VOID_REFUND' ? 'INVOICE' : 'REQUEST',
      referenceId: back.referenceId,
      description: back.description,
      idempotencyKey: key,
    });
  }

  /**
   * Gives back what an invoice that is void was paid with, on the terms on which it was there: what was for usage is for
   * usage again, and expires when it would have. What has expired since is held for the bill that takes the invoice's place.
   * Once for an invoice.
   */
  async returnSpent(
    ctx: Ctx,
    invoice: { readonly id: string; readonly customerId: string; readonly currency: string },
  ): Promise<void> {
    const spent = await this.spentOn(ctx, invoice.id);
    for (const walletId of [...new Set(spent.map(({ credit }) => credit.walletId))].sort()) {
      const own = spent.filter(({ credit }) => credit.walletId === walletId);
      const of = await this.ledger.lock(ctx, walletId);
      let wallet =
        of.walletStatus === 'active'
          ? of
          : await this.wallets.lockOrCreate(ctx, { ...invoice, walletType: 'PRE_PAID' });
      for (const { credit, credits } of own) {
        const key = systemKey('INVOICE_VOID_REFUND', invoice.id, credit.id);
        if ((await this.ledger.findByKey(ctx, key)) !== null) continue;
        const amount = amountOfCredits(credits, of.conversionRate);
        const returned = await this.ledger.credit(ctx, wallet, {
          reason: 'INVOICE_VOID_REFUND',
          credits: wallet.id === of.id ? credits : creditsForAmount(amount, wallet.conversionRate),
          amount,
          referenceType: 'INVOICE',
          referenceId: invoice.id,
          parentId: credit.id,
          description: 'Credits that had paid a void invoice',
          idempotencyKey: key,
          ...termsOf(ctx, credit),
        });
        ({ wallet } = returned);
      }
    }
  }

  /** The credits that an invoice was paid with, and how much of each. */
  private async spentOn(
    ctx: Ctx,
    invoiceId: string,
  ): Promise<{ readonly credit: WalletTransaction; readonly credits: Rate }[]> {
    const debits = await findRows(ctx.em, WalletTransactionEntity, {
      referenceType: 'INVOICE',
      referenceId: invoiceId,
      type: 'debit',
      transactionReason: 'INVOICE_PAYMENT',
    });
    if (debits.length === 0) return [];
    const uses = await ctx.em
      .createQueryBuilder(WalletCreditUseEntity, 'row')
      .where('row.debitId = ANY(:ids)', { ids: debits.map(({ id }) => id) })
      .orderBy('row.creditId')
      .getMany();
    const credits = await findRows(ctx.em, WalletTransactionEntity, {
      id: uses.map(({ creditId }) => creditId),
    });
    return uses.flatMap(({ creditId, credits: taken }) => {
      const credit = credits.find(({ id }) => id === creditId);
      return credit === undefined ? [] : [{ credit, credits: taken }];
    });
  }

  private async debitMoney(
    ctx: Ctx,
    wallet: Wallet,
    amounts: ReadonlyMap<Purse, Money>,
    more: {
      readonly referenceType: 'INVOICE' | 'PAYMENT';
      readonly referenceId: string;
      readonly asOf: Date;
      readonly usedFrom: Date | null;
      readonly idempotencyKey: string;
      readonly description: string;
    },
  ): Promise<WalletTransaction> {
    const { currency, conversionRate } = wallet;
    for (const amount of amounts.values())
      if (amount.currency !== currency)
        throw invalidOperation(
          `the wallet is in ${currency}, the invoice in ${amount.currency}`,
          'currency_mismatch',
        );
    const { credits } = await this.ledger.ledgerOf(ctx, wallet);
    const available = spendableByPurse(credits, more.asOf, more.usedFrom);
    const { transaction } = await this.ledger.debitPurses(ctx, wallet, {
      ...more,
      reason: 'INVOICE_PAYMENT',
      credits: new Map(
        [...amounts].map(([purse, amount]) => {
          const own = available.get(purse) ?? ZERO;
          const short = amountOfCredits(own, conversionRate).lessThan(moneyToRate(amount));
          return [
            purse,
            short
              ? creditsForAmount(moneyToRate(amount), conversionRate)
              : creditsForMoney(amount, conversionRate, own),
          ];
        }),
      ),
      amount: moneyToRate(sumMoney([...amounts.values()], currency)),
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
      byWallet.set(row.walletId, [...(byWallet.get(row.walletId) ?? []), creditOf(row)]);
    return byWallet;
  }
}

/** The terms of a credit that comes back. */
function termsOf(
  ctx: Ctx,
  { priority, expiryDate, effectiveFrom, givenBack }: WalletTransaction,
): Pick<CreditInput, 'priority' | 'expiresAt' | 'effectiveFrom' | 'givenBack' | 'held' | 'bookExpiryAt'> {
  const held = expiryDate !== null && expiryDate <= ctx.now;
  return {
    priority,
    expiresAt: expiryDate,
    effectiveFrom,
    givenBack,
    held,
    ...(held ? { bookExpiryAt: new Date(ctx.now.getTime() + EXPIRED_WAIT_MS) } : {}),
  };
}

const paymentDebit = (
  ctx: Ctx,
  paymentId: string,
): {
  readonly referenceType: 'PAYMENT';
  readonly referenceId: string;
  readonly asOf: Date;
  readonly usedFrom: null;
  readonly description: string;
} => ({
  referenceType: 'PAYMENT',
  referenceId: paymentId,
  asOf: ctx.now,
  usedFrom: null,
  description: 'Invoice paid with credits',
});

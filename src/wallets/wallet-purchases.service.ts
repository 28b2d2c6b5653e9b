import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../domain/errors.js';
import { formatRate, ZERO, type Rate } from '../domain/rate.js';
import { changeOfPurchase } from '../domain/wallets/purchase.js';
import { sumOfCredits } from '../domain/wallets/ledger.js';
import type { Ctx } from '../platform/context.js';
import { findRows } from '../platform/database/rows.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { creditOf, WalletLedger } from './wallet-ledger.service.js';
import { WalletTransactionEntity } from './wallet-transaction.entity.js';
import { WalletsService } from './wallets.service.js';
import type { Wallet, WalletTransaction } from './wallets.types.js';

/** What is paid of the price of a top-up, and has not gone back. */
export interface PurchasePaid {
  readonly invoiceId: string;
  readonly paid: bigint;
  readonly price: bigint;
}

/** `unspent`: who asks for money back is refused when its credits are spent. `known`: the money has gone back already. */
export type PurchaseUndoing = 'unspent' | 'known';

/** What was bought by an invoice, and goes as its money goes back (law B5). The invoice is locked. */
@Injectable()
export class WalletPurchases {
  constructor(
    private readonly ledger: WalletLedger,
    private readonly wallets: WalletsService,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Takes back or gives again what the purchase has too much or too little. Can be called at any time and any number of times.
   * `topup_credits_spent` when credits are to be taken back that are not there, and that is not `known` to have happened; else
   * they are missing, which an event says.
   */
  async keep(ctx: Ctx, purchase: PurchasePaid, undoing: PurchaseUndoing): Promise<void> {
    const bought = await this.boughtBy(ctx, purchase.invoiceId);
    const [first] = bought;
    if (first === undefined) return;
    const wallet = await this.ledger.lock(ctx, first.walletId);
    const unspent = await this.unspentOf(ctx, bought);
    const change = changeOfPurchase({
      ...purchase,
      credits: bought.reduce((sum, one) => sum.plus(one.creditAmount), ZERO),
      takenBack: await this.takenBack(ctx, purchase.invoiceId),
      unspent: sumOfCredits(unspent.map(creditOf)),
    });
    if (change.missing.greaterThan(0) && undoing === 'unspent') throw spent(change.take, change.missing);
    if (change.take.greaterThan(0)) await this.take(ctx, wallet, purchase, unspent, change.take);
    if (change.give.greaterThan(0)) await this.give(ctx, wallet, purchase, first, change.give);
    if (change.missing.greaterThan(0))
      await this.outbox.append(ctx, {
        type: 'wallet.credits_missing',
        entityType: 'wallet',
        entityId: wallet.id,
        payload: { invoice_id: purchase.invoiceId, missing_credits: formatRate(change.missing) },
      });
  }

  /** The credits that came when the invoice was paid; the bonus first, as it is taken back first. */
  private async boughtBy(ctx: Ctx, invoiceId: string): Promise<WalletTransaction[]> {
    const rows = await findRows(ctx.em, WalletTransactionEntity, {
      referenceType: 'INVOICE',
      referenceId: invoiceId,
      type: 'credit',
      transactionStatus: 'completed',
    });
    return [...BOUGHT].flatMap((reason) =>
      rows.filter((row) => row.transactionReason === reason).sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
  }

  /** What is left of them, also where an invoice was void that had been paid with them. */
  private async unspentOf(ctx: Ctx, bought: readonly WalletTransaction[]): Promise<WalletTransaction[]> {
    const rows = await ctx.em.query<{ id: string }[]>(
      `WITH RECURSIVE own AS (
         SELECT id, array_position($1, id) AS place, credits_available FROM wallet_transactions WHERE id = ANY($1)
         UNION
         SELECT t.id, own.place, t.credits_available FROM wallet_transactions t JOIN own ON t.parent_transaction_id = own.id
          WHERE t.type = 'credit' AND t.transaction_reason IN ('INVOICE_VOID_REFUND', 'CREDIT_ADJUSTMENT')
            AND t.wallet_id = $2)
       SELECT id FROM own WHERE credits_available > 0 ORDER BY place, id`,
      [bought.map(({ id }) => id), bought[0]?.walletId],
    );
    const found = await findRows(ctx.em, WalletTransactionEntity, { id: rows.map(({ id }) => id) });
    return rows.flatMap(({ id }) => found.filter((row) => row.id === id));
  }

  private async takenBack(ctx: Ctx, invoiceId: string): Promise<Rate> {
    const rows = await findRows(ctx.em, WalletTransactionEntity, {
      referenceType: 'INVOICE',
      referenceId: invoiceId,
      transactionReason: 'CREDIT_ADJUSTMENT',
    });
    return rows.reduce(
      (sum, { type, creditAmount }) => (type === 'debit' ? sum.plus(creditAmount) : sum.minus(creditAmount)),
      ZERO,
    );
  }

  private async take(
    ctx: Ctx,
    wallet: Wallet,
    { invoiceId }: PurchasePaid,
    unspent: readonly WalletTransaction[],
    credits: Rate,
  ): Promise<void> {
    await this.ledger.takeOf(
      ctx,
      wallet,
      unspent.map(({ id }) => id),
      {
        reason: 'CREDIT_ADJUSTMENT',
        referenceType: 'INVOICE',
        referenceId: invoiceId,
        description: 'Bought credits whose price has gone back',
      },
      credits,
    );
  }

  private async give(
    ctx: Ctx,
    wallet: Wallet,
    { invoiceId }: PurchasePaid,
    first: WalletTransaction,
    credits: Rate,
  ): Promise<void> {
    const { customerId, currency, walletType, conversionRate, topUpConversionRate } = wallet;
    const into =
      wallet.walletStatus === 'active'
        ? wallet
        : await this.wallets.lockOrCreate(ctx, {
            customerId,
            currency,
            walletType,
            conversionRate,
            topUpConversionRate,
          });
    await this.ledger.credit(ctx, into, {
      reason: 'CREDIT_ADJUSTMENT',
      credits,
      priority: first.priority,
      expiresAt: first.expiryDate,
      referenceType: 'INVOICE',
      referenceId: invoiceId,
      parentId: first.id,
      description: 'Bought credits whose price is paid again',
    });
  }
}

const BOUGHT = ['PURCHASED_CREDIT_BONUS', 'PURCHASED_CREDIT_INVOICED'] as const;

const spent = (unspent: Rate, missing: Rate): Error =>
  invalidOperation(
    `${formatRate(missing)} of the credits that were bought with this invoice are spent or have expired: only what is unspent can be undone`,
    'topup_credits_spent',
    { unspent_credits: formatRate(unspent), missing_credits: formatRate(missing) },
  );

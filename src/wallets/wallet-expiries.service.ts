import { Injectable } from '@nestjs/common';
import type { Rate } from '../domain/rate.js';
import type { Ctx } from '../platform/context.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { WalletLedger } from './wallet-ledger.service.js';
import { WalletTransactionEntity } from './wallet-transaction.entity.js';
import { systemKey, type Wallet, type WalletTransaction } from './wallets.types.js';

/** So long credits that have expired wait for a bill that they may pay: a draft that nobody finalizes must not keep them for ever. */
export const EXPIRED_WAIT_MS = 72 * 3_600_000;

/** Credits whose time is over: nobody can spend them any more, and here that becomes a transaction. */
@Injectable()
export class WalletExpiries {
  constructor(private readonly ledger: WalletLedger) {}

  /** When the next expiry is to be booked; null when none is. */
  async nextDueAt(ctx: Ctx): Promise<Date | null> {
    const [row] = await queryPrepared<{ due: Date | null }>(
      ctx.em,
      `SELECT min(book_expiry_at) AS due FROM wallet_transactions WHERE credits_available > 0 AND book_expiry_at IS NOT NULL`,
      [],
    );
    return row?.due ?? null;
  }

  /** Credits whose expiry is to be booked by now, longest ago first. */
  due(ctx: Ctx, limit: number): Promise<WalletTransaction[]> {
    return ctx.em
      .createQueryBuilder(WalletTransactionEntity, 'row')
      .where('row.creditsAvailable > 0 AND row.bookExpiryAt <= :now', { now: ctx.now })
      .orderBy('row.bookExpiryAt')
      .addOrderBy('row.id')
      .limit(limit)
      .getMany();
  }

  /** Books them; what somebody else has booked or spent meanwhile is left alone. */
  async book(ctx: Ctx, expired: readonly WalletTransaction[]): Promise<void> {
    // Wallets in one order for everybody, so that two of these cannot wait for each other.
    for (const walletId of [...new Set(expired.map((row) => row.walletId))].sort()) {
      let wallet = await this.ledger.lock(ctx, walletId);
      for (const row of expired.filter((one) => one.walletId === walletId))
        wallet = await this.bookPart(ctx, wallet, row);
    }
  }

  /** Books so much of one; all that is left, when left out. Answers the locked wallet as it is then. */
  async bookPart(ctx: Ctx, wallet: Wallet, row: WalletTransaction, credits?: Rate): Promise<Wallet> {
    if (credits?.greaterThan(0) === false) return wallet;
    const booked = await this.ledger.takeOf(
      ctx,
      wallet,
      [row.id],
      {
        reason: 'CREDIT_EXPIRED',
        parentId: row.id,
        description: 'Credits expired',
        // Of what was held for a bill the rest expires after it.
        idempotencyKey: systemKey('expiry', row.id, ...(row.held ? ['held'] : [])),
      },
      credits,
    );
    return booked?.wallet ?? wallet;
  }

  /** Looks at their expiry again at that time: the period that they pay for is not billed yet. */
  async postpone(ctx: Ctx, credits: readonly WalletTransaction[], until: Date): Promise<void> {
    if (credits.length === 0) return;
    await ctx.em.query(`UPDATE wallet_transactions SET book_expiry_at = $2 WHERE id = ANY($1)`, [
      credits.map((row) => row.id),
      until,
    ]);
  }
}

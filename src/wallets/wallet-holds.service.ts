import { Injectable } from '@nestjs/common';
import type { Money } from '../domain/money.js';
import { ZERO } from '../domain/rate.js';
import { heldForUse } from '../domain/wallets/holds.js';
import type { Ctx } from '../platform/context.js';
import { WalletExpiries } from './wallet-expiries.service.js';
import { WalletLedger } from './wallet-ledger.service.js';
import { WalletTransactionEntity } from './wallet-transaction.entity.js';
import type { WalletTransaction } from './wallets.types.js';

/** What was used until credits expire, and is not billed yet. */
export interface UnbilledUse {
  /** After discounts. */
  readonly used: Money;
  readonly usedFrom: Date;
  /** When the credits expire. */
  readonly at: Date;
  /** When the last of the bills is to be made. */
  readonly billedAt: Date;
}

/** Credits whose time is over, and that pay for what was used before: law B6. */
@Injectable()
export class WalletHolds {
  constructor(
    private readonly ledger: WalletLedger,
    private readonly expiries: WalletExpiries,
  ) {}

  /** Credits of PRE_PAID wallets of those customers that expired after `from`, and are neither booked as such nor held. */
  expiredOf(ctx: Ctx, customerIds: readonly string[], from: Date): Promise<WalletTransaction[]> {
    return ctx.em
      .createQueryBuilder(WalletTransactionEntity, 'row')
      .where(
        `row.walletId IN (SELECT id FROM wallets WHERE customer_id = ANY(:customerIds)
                            AND wallet_type = 'PRE_PAID' AND wallet_status = 'active')`,
        { customerIds },
      )
      .andWhere('row.creditsAvailable > 0 AND NOT row.held')
      .andWhere('row.expiryDate > :from AND row.expiryDate <= :now', { from, now: ctx.now })
      .getMany();
  }

  /** Keeps of credits of one wallet that expire together what the use takes, and books the rest as expired. */
  async hold(
    ctx: Ctx,
    walletId: string,
    expired: readonly WalletTransaction[],
    { used, usedFrom, at, billedAt }: UnbilledUse,
  ): Promise<void> {
    let wallet = await this.ledger.lock(ctx, walletId);
    const { credits } = await this.ledger.ledgerOf(ctx, wallet);
    const held =
      wallet.walletType === 'PRE_PAID' && wallet.walletStatus === 'active'
        ? heldForUse({ ...wallet, credits }, used, at, usedFrom)
        : new Map<string, never>();
    for (const row of expired) {
      const left = credits.find(({ key }) => key === row.id)?.available ?? ZERO;
      const kept = held.get(row.id) ?? ZERO;
      wallet = await this.expiries.bookPart(ctx, wallet, row, left.minus(kept));
      if (kept.greaterThan(0))
        await ctx.em.query(`UPDATE wallet_transactions SET held = true, book_expiry_at = $2 WHERE id = $1`, [
          row.id,
          billedAt,
        ]);
    }
  }
}

import { Injectable } from '@nestjs/common';
import { keyReused } from '../domain/errors.js';
import type { Rate } from '../domain/rate.js';
import type { TopUpQuantity } from '../domain/wallets/conversion.js';
import type { TopUpReason } from '../domain/wallets/wallet-kinds.js';
import type { Ctx } from '../platform/context.js';
import { WalletLedger } from './wallet-ledger.service.js';
import { WalletTransactionEntity } from './wallet-transaction.entity.js';
import { WalletsService } from './wallets.service.js';
import {
  systemKey,
  type CreditInput,
  type Movement,
  type Wallet,
  type WalletTransaction,
} from './wallets.types.js';

export interface TopUp {
  readonly reason: TopUpReason;
  readonly quantity: TopUpQuantity;
  readonly expiresAt?: Date | undefined;
  readonly priority?: number | undefined;
  /** Given on top of what is bought. */
  readonly bonus?: { readonly credits: Rate; readonly expiresAt?: Date | undefined } | undefined;
  readonly description?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Filling a wallet. The caller holds its lock; see {@link WalletLedger}. */
@Injectable()
export class WalletTopUps {
  constructor(
    private readonly ledger: WalletLedger,
    private readonly wallets: WalletsService,
  ) {}

  /** The same top-up, when it was made before under this key. Another one under it is refused. */
  async earlier(ctx: Ctx, wallet: Wallet, topUp: TopUp): Promise<WalletTransaction | null> {
    if (topUp.idempotencyKey === undefined) return null;
    const found = await this.ledger.findByKey(ctx, topUp.idempotencyKey);
    if (found === null) return null;
    if (
      found.walletId !== wallet.id ||
      found.transactionReason !== topUp.reason ||
      !found.creditAmount.equals(topUp.quantity.credits)
    )
      throw keyReused({ idempotency_key: topUp.idempotencyKey });
    return found;
  }

  /** Credits at once: given, or bought and paid for elsewhere. */
  async book(ctx: Ctx, wallet: Wallet, topUp: TopUp): Promise<Movement> {
    const reference = { referenceType: 'REQUEST', referenceId: ctx.requestId } as const;
    const main = await this.ledger.credit(ctx, wallet, { ...creditOf(topUp), ...reference });
    if (topUp.bonus === undefined) return main;
    const bonus = await this.ledger.credit(ctx, main.wallet, {
      ...bonusOf(topUp.bonus, main.transaction),
      ...reference,
    });
    return { wallet: bonus.wallet, transaction: main.transaction };
  }

  /** Credits that come when the invoice is paid. */
  async awaitPayment(ctx: Ctx, wallet: Wallet, topUp: TopUp, invoiceId: string): Promise<WalletTransaction> {
    const reference = { referenceType: 'INVOICE', referenceId: invoiceId } as const;
    const main = await this.ledger.pend(ctx, wallet, { ...creditOf(topUp), ...reference });
    if (topUp.bonus !== undefined)
      await this.ledger.pend(ctx, wallet, { ...bonusOf(topUp.bonus, main), ...reference });
    return main;
  }

  /** True while an automatic top-up of the wallet waits for its invoice to be paid: one debt at a time. */
  isAwaitingPayment(ctx: Ctx, walletId: string): Promise<boolean> {
    return ctx.em
      .createQueryBuilder(WalletTransactionEntity, 'row')
      .where(`row.walletId = :walletId AND row.transactionStatus = 'pending'`, { walletId })
      .andWhere(`row.metadata ->> 'auto_topup' = 'true'`)
      .getExists();
  }

  /** The invoice is paid: books what waited for it. A second time there is nothing left to book. */
  async paid(ctx: Ctx, invoiceId: string): Promise<void> {
    const walletId = await this.walletWaitingFor(ctx, invoiceId);
    if (walletId === null) return;
    let wallet = await this.ledger.lock(ctx, walletId);
    for (const pending of await this.pendingOf(ctx, invoiceId)) {
      if (wallet.walletStatus === 'active') {
        ({ wallet } = await this.ledger.complete(ctx, wallet, pending));
        continue;
      }
      // It was closed meanwhile. What was paid for goes into the wallet that the customer has now.
      await this.ledger.fail(ctx, pending);
      const { customerId, currency, walletType, conversionRate, topUpConversionRate } = wallet;
      const successor = await this.wallets.lockOrCreate(ctx, {
        customerId,
        currency,
        walletType,
        conversionRate,
        topUpConversionRate,
      });
      await this.ledger.credit(ctx, successor, {
        reason: pending.transactionReason,
        credits: pending.creditAmount,
        amount: pending.amount,
        expiresAt: pending.expiryDate,
        priority: pending.priority,
        referenceType: 'INVOICE',
        referenceId: invoiceId,
        parentId: pending.id,
        description: pending.description,
        idempotencyKey: systemKey('successor', pending.id),
        metadata: pending.metadata,
      });
    }
  }

  /** The invoice will not be paid: nothing is booked. */
  async voided(ctx: Ctx, invoiceId: string): Promise<void> {
    const walletId = await this.walletWaitingFor(ctx, invoiceId);
    if (walletId === null) return;
    await this.ledger.lock(ctx, walletId);
    for (const pending of await this.pendingOf(ctx, invoiceId)) await this.ledger.fail(ctx, pending);
  }

  private async walletWaitingFor(ctx: Ctx, invoiceId: string): Promise<string | null> {
    const [pending] = await this.pendingOf(ctx, invoiceId);
    return pending?.walletId ?? null;
  }

  private pendingOf(ctx: Ctx, invoiceId: string): Promise<WalletTransaction[]> {
    return ctx.em.find(WalletTransactionEntity, {
      where: { referenceType: 'INVOICE', referenceId: invoiceId, transactionStatus: 'pending' },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }
}

const creditOf = (topUp: TopUp): CreditInput => ({
  reason: topUp.reason,
  credits: topUp.quantity.credits,
  // What is given was not paid for: it is shown with what it is worth.
  amount: topUp.reason === 'FREE_CREDIT_GRANT' ? undefined : topUp.quantity.amount,
  expiresAt: topUp.expiresAt,
  priority: topUp.priority,
  description: topUp.description,
  idempotencyKey: topUp.idempotencyKey,
  metadata: topUp.metadata,
});

const bonusOf = (bonus: NonNullable<TopUp['bonus']>, main: WalletTransaction): CreditInput => ({
  reason: 'PURCHASED_CREDIT_BONUS',
  credits: bonus.credits,
  expiresAt: bonus.expiresAt,
  priority: main.priority,
  parentId: main.id,
  description: main.description,
  idempotencyKey: systemKey('bonus', main.id),
  metadata: main.metadata,
});

import { Injectable } from '@nestjs/common';
import { alreadyExists, amountOutOfRange, invalidOperation, notFound } from '../domain/errors.js';
import { isStorable, roundToMoney } from '../domain/money.js';
import { formatRate, ZERO, type Rate } from '../domain/rate.js';
import { amountOfCredits } from '../domain/wallets/conversion.js';
import {
  debit,
  debitPurses,
  empty,
  spendable,
  spendableTotal,
  sumOfCredits,
  takeOf,
  type Credit,
  type Debit,
  type Ledger,
} from '../domain/wallets/ledger.js';
import type { TransactionStatus, TransactionType } from '../domain/wallets/wallet-kinds.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, updateRow } from '../platform/database/rows.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { WalletEntity } from './wallet.entity.js';
import { WalletTransactionEntity } from './wallet-transaction.entity.js';
import type {
  ClosingDebitInput,
  CreditInput,
  DebitInput,
  Movement,
  PursesDebitInput,
  Wallet,
  WalletTransaction,
} from './wallets.types.js';

/**
 * The one way a wallet's balance changes. Every method that takes a wallet wants the row that {@link lock} has given, or that an
 * earlier movement of the same unit of work has left: two movements at once would each start from the other's balance.
 */
@Injectable()
export class WalletLedger {
  constructor(private readonly outbox: Outbox) {}

  async lock(ctx: Ctx, id: string): Promise<Wallet> {
    const row = await findRow(ctx.em, WalletEntity, { id }, { lock: true });
    if (row === null) throw notFound('wallet', id);
    return row;
  }

  /** A locked wallet that money may still move in. */
  async lockActive(ctx: Ctx, id: string): Promise<Wallet> {
    const wallet = await this.lock(ctx, id);
    if (wallet.walletStatus !== 'active')
      throw invalidOperation(
        wallet.walletStatus === 'closed'
          ? 'wallet is not active: it is already terminated'
          : `wallet is not active: it is ${wallet.walletStatus}`,
        'wallet_not_active',
        { id, wallet_status: wallet.walletStatus },
      );
    return wallet;
  }

  findByKey(ctx: Ctx, idempotencyKey: string): Promise<WalletTransaction | null> {
    return findRow(ctx.em, WalletTransactionEntity, { idempotencyKey });
  }

  async credit(ctx: Ctx, wallet: Wallet, input: CreditInput): Promise<Movement> {
    const after = wallet.creditBalance.plus(input.credits);
    const transaction = await this.insert(ctx, {
      ...this.row(ctx, wallet, 'credit', 'completed', input),
      creditBalanceAfter: after,
      creditsAvailable: input.credits,
      ...terms(input),
    });
    return this.moved(ctx, wallet, transaction, after);
  }

  /** Writes down a credit that is still to come: it counts for nothing until {@link complete}. */
  pend(ctx: Ctx, wallet: Wallet, input: CreditInput): Promise<WalletTransaction> {
    return this.insert(ctx, { ...this.row(ctx, wallet, 'credit', 'pending', input), ...terms(input) });
  }

  async complete(ctx: Ctx, wallet: Wallet, pending: WalletTransaction): Promise<Movement> {
    const after = wallet.creditBalance.plus(pending.creditAmount);
    const change = {
      ...auditColumnsForUpdate(ctx),
      transactionStatus: 'completed',
      creditBalanceBefore: wallet.creditBalance,
      creditBalanceAfter: after,
      creditsAvailable: pending.creditAmount,
    } as const;
    await updateRow(ctx.em, WalletTransactionEntity, pending.id, change);
    return this.moved(ctx, wallet, { ...pending, ...change }, after);
  }

  /** What was pending will not come. */
  async fail(ctx: Ctx, pending: WalletTransaction): Promise<void> {
    await updateRow(ctx.em, WalletTransactionEntity, pending.id, {
      ...auditColumnsForUpdate(ctx),
      transactionStatus: 'failed',
    });
  }

  /** Whole or not at all: `insufficient_credits` when what can be spent is not enough. */
  async debit(ctx: Ctx, wallet: Wallet, input: DebitInput): Promise<Movement> {
    const ledger = await this.ledgerOf(ctx, wallet);
    const asOf = input.asOf ?? ctx.now;
    const done = debit(ledger, input.credits, asOf);
    if (done === undefined) throw insufficient(spendableTotal(ledger.credits, asOf), input.credits);
    return this.take(ctx, wallet, done, input);
  }

  /** The same, of each purse so much. */
  async debitPurses(ctx: Ctx, wallet: Wallet, input: PursesDebitInput): Promise<Movement> {
    const ledger = await this.ledgerOf(ctx, wallet);
    const done = debitPurses(ledger, input.credits, input.asOf, input.usedFrom);
    if (done === undefined)
      throw insufficient(
        sumOfCredits(spendable(ledger.credits, input.asOf, input.usedFrom)),
        [...input.credits.values()].reduce((sum, credits) => sum.plus(credits), ZERO),
      );
    return this.take(ctx, wallet, done, input);
  }

  /** Takes so much of these credits, in that order; all that is left when left out; null when nothing is, or less. */
  async takeOf(
    ctx: Ctx,
    wallet: Wallet,
    creditIds: readonly string[],
    input: ClosingDebitInput,
    credits?: Rate,
  ): Promise<Movement | null> {
    const done = takeOf(await this.ledgerOf(ctx, wallet), creditIds, credits);
    return done === undefined ? null : this.take(ctx, wallet, done, input);
  }

  /** Takes everything that is left; null when nothing is. */
  async empty(ctx: Ctx, wallet: Wallet, input: ClosingDebitInput): Promise<Movement | null> {
    const done = empty(await this.ledgerOf(ctx, wallet));
    return done === undefined ? null : this.take(ctx, wallet, done, input);
  }

  /** The wallet with every credit of which something is left. */
  async ledgerOf(ctx: Ctx, wallet: Wallet): Promise<Ledger> {
    const rows = await ctx.em
      .createQueryBuilder(WalletTransactionEntity, 'row')
      .where('row.walletId = :id AND row.creditsAvailable > 0', { id: wallet.id })
      .getMany();
    return {
      balance: wallet.creditBalance,
      credits: rows.map(creditOf),
    };
  }

  private async take(ctx: Ctx, wallet: Wallet, done: Debit, input: ClosingDebitInput): Promise<Movement> {
    const credits = wallet.creditBalance.minus(done.ledger.balance);
    const transaction = await this.insert(ctx, {
      ...this.row(ctx, wallet, 'debit', 'completed', { ...input, credits }),
      creditBalanceAfter: done.ledger.balance,
    });
    const slices = JSON.stringify(
      done.slices.map((slice) => ({ id: slice.key, credits: formatRate(slice.credits) })),
    );
    await ctx.em.query(
      `WITH slices AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS s(id text, credits numeric)),
            spent AS (UPDATE wallet_transactions t SET credits_available = t.credits_available - s.credits
                        FROM slices s WHERE t.id = s.id)
       INSERT INTO wallet_credit_uses (tenant_id, environment_id, debit_id, credit_id, credits)
       SELECT $2, $3, $4, s.id, s.credits FROM slices s`,
      [slices, ctx.scope.tenantId, ctx.scope.environmentId, transaction.id],
    );
    return this.moved(ctx, wallet, transaction, done.ledger.balance);
  }

  private row(
    ctx: Ctx,
    wallet: Wallet,
    type: TransactionType,
    status: TransactionStatus,
    input: ClosingDebitInput & { readonly credits: Rate },
  ): WalletTransactionEntity {
    return {
      ...auditColumnsForInsert(ctx, 'walletTransaction'),
      walletId: wallet.id,
      customerId: wallet.customerId,
      type,
      transactionStatus: status,
      transactionReason: input.reason,
      referenceType: input.referenceType ?? null,
      referenceId: input.referenceId ?? null,
      parentTransactionId: input.parentId ?? null,
      description: input.description ?? null,
      creditAmount: input.credits,
      amount: input.amount ?? amountOfCredits(input.credits, wallet.conversionRate),
      currency: wallet.currency,
      conversionRate: wallet.conversionRate,
      topUpConversionRate: wallet.topUpConversionRate,
      creditBalanceBefore: wallet.creditBalance,
      creditBalanceAfter: wallet.creditBalance,
      creditsAvailable: ZERO,
      priority: null,
      expiryDate: null,
      bookExpiryAt: null,
      effectiveFrom: null,
      givenBack: false,
      held: false,
      idempotencyKey: input.idempotencyKey ?? null,
      metadata: { ...input.metadata },
    };
  }

  private async insert(ctx: Ctx, row: WalletTransactionEntity): Promise<WalletTransaction> {
    try {
      return await insertRow(ctx.em, WalletTransactionEntity, row);
    } catch (error) {
      if (isUniqueViolation(error, 'wallet_transactions_idempotency'))
        throw alreadyExists('a wallet transaction with this idempotency_key exists already', {
          idempotency_key: row.idempotencyKey,
        });
      throw error;
    }
  }

  private async moved(
    ctx: Ctx,
    wallet: Wallet,
    transaction: WalletTransaction,
    balance: Rate,
  ): Promise<Movement> {
    if (!isStorable(roundToMoney(amountOfCredits(balance, wallet.conversionRate), wallet.currency).amount))
      throw amountOutOfRange(
        `a balance of ${formatRate(balance)} credits, each worth ${formatRate(wallet.conversionRate)} ${wallet.currency},`,
        { wallet_id: wallet.id, credits: formatRate(balance), currency: wallet.currency },
      );
    const change = {
      ...auditColumnsForUpdate(ctx),
      creditBalance: balance,
      balanceUpdatedAt: ctx.now,
      version: wallet.version + 1,
    };
    await updateRow(ctx.em, WalletEntity, wallet.id, change);
    await this.outbox.append(ctx, {
      type: transaction.type === 'credit' ? 'wallet.credited' : 'wallet.debited',
      entityType: 'wallet',
      entityId: wallet.id,
      payload: { transaction_id: transaction.id, reason: transaction.transactionReason },
    });
    return { wallet: { ...wallet, ...change }, transaction };
  }
}

const terms = (
  input: CreditInput,
): Pick<
  WalletTransactionEntity,
  'priority' | 'expiryDate' | 'bookExpiryAt' | 'effectiveFrom' | 'givenBack' | 'held'
> => ({
  priority: input.priority ?? null,
  expiryDate: input.expiresAt ?? null,
  bookExpiryAt: input.bookExpiryAt ?? input.expiresAt ?? null,
  effectiveFrom: input.effectiveFrom ?? null,
  givenBack: input.givenBack ?? false,
  held: input.held ?? false,
});

/** A credit transaction as the ledger knows it. */
export const creditOf = (row: WalletTransaction): Credit => ({
  key: row.id,
  available: row.creditsAvailable,
  priority: row.priority,
  expiresAt: row.expiryDate,
  effectiveFrom: row.effectiveFrom,
  givenBack: row.givenBack,
  held: row.held,
});

const insufficient = (available: Rate, requested: Rate): Error =>
  invalidOperation(
    `the wallet has ${formatRate(available)} credits to spend, not ${formatRate(requested)}`,
    'insufficient_credits',
    { available_credits: formatRate(available), requested_credits: formatRate(requested) },
  );

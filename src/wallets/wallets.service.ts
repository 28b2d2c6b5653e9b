import { Injectable } from '@nestjs/common';
import { alreadyExists, keyReused, notFound } from '../domain/errors.js';
import { rate, type Rate } from '../domain/rate.js';
import { WALLET_PRICE_TYPES, type WalletPriceType, type WalletType } from '../domain/wallets/wallet-kinds.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, insertUnlessThere, rowExists, updateRow } from '../platform/database/rows.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { WalletEntity, type AutoTopUp } from './wallet.entity.js';
import { WalletLedger } from './wallet-ledger.service.js';
import { systemKey, type Movement, type Wallet } from './wallets.types.js';

export interface WalletFields {
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly allowedPriceTypes?: readonly WalletPriceType[] | undefined;
  readonly autoTopUp?: AutoTopUp | null | undefined;
}

/** What a wallet is made for: an active one of each kind is there once. */
export interface WalletOwner {
  readonly customerId: string;
  readonly currency: string;
  readonly walletType: WalletType;
}

export interface NewWallet extends WalletFields, WalletOwner {
  readonly conversionRate?: Rate | null | undefined;
  readonly topUpConversionRate?: Rate | null | undefined;
}

@Injectable()
export class WalletsService {
  constructor(
    private readonly ledger: WalletLedger,
    private readonly outbox: Outbox,
  ) {}

  async create(ctx: Ctx, input: NewWallet): Promise<Wallet> {
    try {
      const wallet = await insertRow(ctx.em, WalletEntity, newWallet(ctx, input));
      await this.announce(ctx, 'wallet.created', wallet);
      return wallet;
    } catch (error) {
      if (isUniqueViolation(error, 'wallets_one_active'))
        throw alreadyExists(
          `the customer has an active ${input.walletType} wallet in ${input.currency} already`,
          { customer_id: input.customerId, currency: input.currency, wallet_type: input.walletType },
        );
      throw error;
    }
  }

  /** The active wallet of that owner, locked; made when there is none. */
  async lockOrCreate(ctx: Ctx, input: NewWallet): Promise<Wallet> {
    const found = await this.lockActiveOf(ctx, input);
    if (found !== null) return found;
    const row = newWallet(ctx, input);
    if (await insertUnlessThere(ctx.em, WalletEntity, row)) {
      await this.announce(ctx, 'wallet.created', row);
      return row;
    }
    // Somebody else was quicker: the insert has waited for their commit.
    return (await this.lockActiveOf(ctx, input)) ?? this.create(ctx, input);
  }

  async get(ctx: Ctx, id: string): Promise<Wallet> {
    const row = await findRow(ctx.em, WalletEntity, { id });
    if (row === null) throw notFound('wallet', id);
    return row;
  }

  /** Every wallet of the customer, closed ones too, oldest first. */
  ofCustomer(ctx: Ctx, customerId: string): Promise<Wallet[]> {
    return ctx.em.find(WalletEntity, {
      where: { customerId, status: 'published' },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  /** True when the customer has credits that a deletion would lose. */
  hasActiveFor(ctx: Ctx, customerId: string): Promise<boolean> {
    return rowExists(ctx.em, WalletEntity, { customerId, walletStatus: 'active' });
  }

  async update(ctx: Ctx, id: string, fields: WalletFields): Promise<Wallet> {
    const before = await this.ledger.lockActive(ctx, id);
    const change = {
      ...auditColumnsForUpdate(ctx),
      name: fields.name ?? before.name,
      description: fields.description ?? before.description,
      metadata: { ...(fields.metadata ?? before.metadata) },
      allowedPriceTypes: [...(fields.allowedPriceTypes ?? before.allowedPriceTypes)],
      autoTopUp: fields.autoTopUp === undefined ? before.autoTopUp : fields.autoTopUp,
      version: before.version + 1,
    };
    await updateRow(ctx.em, WalletEntity, id, change);
    const wallet = { ...before, ...change };
    await this.announce(ctx, 'wallet.updated', wallet);
    return wallet;
  }

  /** Takes what is left and closes the wallet for good. */
  async terminate(ctx: Ctx, id: string): Promise<Wallet> {
    const before = await this.ledger.lockActive(ctx, id);
    const emptied = await this.ledger.empty(ctx, before, {
      reason: 'WALLET_TERMINATION',
      description: 'Wallet terminated',
      idempotencyKey: systemKey('termination', id),
    });
    const wallet = emptied?.wallet ?? before;
    const change = {
      ...auditColumnsForUpdate(ctx),
      walletStatus: 'closed' as const,
      version: wallet.version + 1,
    };
    await updateRow(ctx.em, WalletEntity, id, change);
    await this.announce(ctx, 'wallet.terminated', wallet);
    return { ...wallet, ...change };
  }

  /** A debit that a person makes by hand. */
  async debitByHand(
    ctx: Ctx,
    id: string,
    input: {
      readonly credits: Rate;
      readonly description?: string | undefined;
      readonly idempotencyKey?: string | undefined;
      readonly metadata?: Readonly<Record<string, string>> | undefined;
    },
  ): Promise<Movement> {
    const wallet = await this.ledger.lockActive(ctx, id);
    const earlier =
      input.idempotencyKey === undefined ? null : await this.ledger.findByKey(ctx, input.idempotencyKey);
    if (earlier !== null) {
      if (
        earlier.walletId !== id ||
        earlier.transactionReason !== 'MANUAL_BALANCE_DEBIT' ||
        !earlier.creditAmount.equals(input.credits)
      )
        throw keyReused({ idempotency_key: input.idempotencyKey });
      return { wallet, transaction: earlier };
    }
    return this.ledger.debit(ctx, wallet, {
      reason: 'MANUAL_BALANCE_DEBIT',
      credits: input.credits,
      referenceType: 'REQUEST',
      referenceId: ctx.requestId,
      description: input.description,
      idempotencyKey: input.idempotencyKey,
      metadata: input.metadata,
    });
  }

  private lockActiveOf(ctx: Ctx, owner: WalletOwner): Promise<Wallet | null> {
    const { customerId, currency, walletType } = owner;
    return findRow(
      ctx.em,
      WalletEntity,
      { customerId, currency, walletType, walletStatus: 'active' },
      { lock: true },
    );
  }

  private announce(
    ctx: Ctx,
    type: 'wallet.created' | 'wallet.updated' | 'wallet.terminated',
    wallet: Wallet,
  ): Promise<void> {
    return this.outbox.append(ctx, { type, entityType: 'wallet', entityId: wallet.id });
  }
}

/** A prepaid wallet pays for usage; what is paid afterwards may pay for everything. */
const DEFAULT_PRICE_TYPES: Readonly<Record<WalletType, WalletPriceType[]>> = {
  PRE_PAID: ['USAGE'],
  POST_PAID: [WALLET_PRICE_TYPES[0]],
};

function newWallet(ctx: Ctx, input: NewWallet): WalletEntity {
  const conversionRate = input.conversionRate ?? rate(1);
  return {
    ...auditColumnsForInsert(ctx, 'wallet'),
    customerId: input.customerId,
    currency: input.currency,
    walletType: input.walletType,
    walletStatus: 'active',
    name: input.name ?? null,
    description: input.description ?? null,
    conversionRate,
    topUpConversionRate: input.topUpConversionRate ?? conversionRate,
    creditBalance: rate(0),
    balanceUpdatedAt: ctx.now,
    allowedPriceTypes: [...(input.allowedPriceTypes ?? DEFAULT_PRICE_TYPES[input.walletType])],
    autoTopUp: input.autoTopUp ?? null,
    metadata: { ...input.metadata },
    version: 1,
  };
}

import { Body, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import { fieldErrors, invalidOperation, validationError } from '../../domain/errors.js';
import { rate } from '../../domain/rate.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { parseExpand } from '../../platform/http/expand.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { WalletLedger } from '../../wallets/wallet-ledger.service.js';
import { SearchWalletsRequest, SearchWalletTransactionsRequest } from './wallets-search.requests.js';
import {
  CreateWalletRequest,
  DebitWalletRequest,
  UpdateWalletRequest,
  type AutoTopUpRequest,
} from './wallets.requests.js';
import {
  ListWalletsResponse,
  ListWalletTransactionsResponse,
  TerminatedWalletResponse,
  toWalletResponse,
  toWalletTransactionResponse,
  WalletMovementResponse,
  WalletResponse,
} from './wallets.responses.js';
import { WalletsQueries } from './wallets.queries.js';
import { WalletsService } from '../../wallets/wallets.service.js';
import type { AutoTopUp, Wallet } from '../../wallets/wallets.types.js';

@ApiController('wallets', 'Wallets')
export class WalletsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly wallets: WalletsService,
    private readonly ledger: WalletLedger,
    private readonly queries: WalletsQueries,
    private readonly customers: CustomersService,
  ) {}

  /** Creates a wallet. A customer has one active wallet per currency and type. */
  @Post()
  @HttpCode(200)
  create(@CurrentCaller() caller: Caller, @Body() body: CreateWalletRequest): Promise<WalletResponse> {
    if (body.customer_id === undefined && body.external_customer_id === undefined)
      throw fieldErrors({ customer_id: 'customer_id or external_customer_id is required' });
    const autoTopUp = autoTopUpOf(body.auto_topup, null);
    return this.uow.run(caller, async (ctx) => {
      const customer = await this.customers.resolve(ctx, {
        id: body.customer_id,
        externalId: body.external_customer_id,
      });
      if (customer.status !== 'published')
        throw invalidOperation(`customer ${customer.id} is deleted`, 'customer_deleted', { id: customer.id });
      const expiresAt = initialExpiry(body, ctx);
      const wallet = await this.wallets.create(ctx, {
        customerId: customer.id,
        currency: body.currency,
        walletType: body.wallet_type ?? 'PRE_PAID',
        conversionRate: body.conversion_rate === undefined ? null : rate(body.conversion_rate),
        topUpConversionRate:
          body.topup_conversion_rate === undefined ? null : rate(body.topup_conversion_rate),
        name: body.name,
        description: body.description,
        allowedPriceTypes: body.config?.allowed_price_types,
        autoTopUp,
        metadata: body.metadata,
      });
      return toWalletResponse(await this.loadInitial(ctx, wallet, body, expiresAt));
    });
  }

  /** Wallets by filters. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(@CurrentCaller() caller: Caller, @Body() body: SearchWalletsRequest): Promise<ListWalletsResponse> {
    parseExpand(body.expand, []);
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.queries.search(ctx, body);
      return { items: rows.map((row) => toWalletResponse(row)), pagination };
    });
  }

  /** Transactions of all wallets by filters. */
  @Post('transactions/search')
  @HttpCode(200)
  @OnlyReads()
  searchTransactions(
    @CurrentCaller() caller: Caller,
    @Body() body: SearchWalletTransactionsRequest,
  ): Promise<ListWalletTransactionsResponse> {
    return this.uow.read(caller, (ctx) => this.queries.transactions(ctx, body));
  }

  /** One wallet with its balance of free and of bought credits. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<WalletResponse> {
    return this.uow.read(caller, async (ctx) => {
      const wallet = await this.wallets.get(ctx, id);
      return toWalletResponse(wallet, { breakdown: await this.queries.breakdown(ctx, id) });
    });
  }

  /** Changes a wallet. Fields that are left out stay as they are. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateWalletRequest,
  ): Promise<WalletResponse> {
    return this.uow.run(caller, async (ctx) => {
      const before = await this.ledger.lockActive(ctx, id);
      return toWalletResponse(
        await this.wallets.update(ctx, id, {
          name: body.name,
          description: body.description,
          metadata: body.metadata,
          allowedPriceTypes: body.config?.allowed_price_types,
          autoTopUp: autoTopUpOf(body.auto_topup, before.autoTopUp),
        }),
      );
    });
  }

  /** Transactions of the wallet, newest first. */
  @Get(':id/transactions')
  transactions(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: SearchWalletTransactionsRequest,
  ): Promise<ListWalletTransactionsResponse> {
    return this.uow.read(caller, async (ctx) => {
      await this.wallets.get(ctx, id);
      return this.queries.transactions(ctx, query, id);
    });
  }

  /** Takes credits from the wallet by hand: all of them or none. */
  @Post(':id/debit')
  @HttpCode(200)
  debit(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: DebitWalletRequest,
  ): Promise<WalletMovementResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { wallet, transaction } = await this.wallets.debitByHand(ctx, id, {
        credits: rate(body.credits),
        description: body.description,
        idempotencyKey: body.idempotency_key,
        metadata: body.metadata,
      });
      return {
        wallet: toWalletResponse(wallet),
        wallet_transaction: toWalletTransactionResponse(transaction),
      };
    });
  }

  /** Takes the remaining credits and closes the wallet for good. */
  @Post(':id/terminate')
  @HttpCode(200)
  terminate(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<TerminatedWalletResponse> {
    return this.uow.run(caller, async (ctx) => ({
      ...toWalletResponse(await this.wallets.terminate(ctx, id)),
      message: 'wallet terminated successfully',
    }));
  }

  private async loadInitial(
    ctx: Ctx,
    wallet: Wallet,
    body: CreateWalletRequest,
    expiresAt: Date | null,
  ): Promise<Wallet> {
    const credits = rate(body.initial_credits_to_load ?? 0);
    if (credits.isZero()) return wallet;
    const loaded = await this.ledger.credit(ctx, wallet, {
      reason: 'FREE_CREDIT_GRANT',
      credits,
      expiresAt,
      referenceType: 'REQUEST',
      referenceId: ctx.requestId,
      description: 'Initial credits',
    });
    return loaded.wallet;
  }
}

/** What is sent replaces what was there field by field; switched on, it needs to know when and how much. */
function autoTopUpOf(
  body: AutoTopUpRequest | undefined,
  before: AutoTopUp | null,
): AutoTopUp | null | undefined {
  if (body === undefined) return undefined;
  const enabled = body.enabled ?? before?.enabled ?? false;
  const threshold = body.threshold ?? before?.threshold;
  const amount = body.amount ?? before?.amount;
  if (enabled && (threshold === undefined || amount === undefined))
    throw fieldErrors({
      ...(threshold === undefined
        ? { 'auto_topup.threshold': 'auto_topup.threshold is required to switch it on' }
        : {}),
      ...(amount === undefined
        ? { 'auto_topup.amount': 'auto_topup.amount is required to switch it on' }
        : {}),
    });
  return {
    enabled,
    threshold: threshold ?? '0',
    amount: amount ?? '0',
    invoicing: body.invoicing ?? before?.invoicing ?? false,
  };
}

function initialExpiry(body: CreateWalletRequest, ctx: Ctx): Date | null {
  const day = body.initial_credits_to_load_expiry_date;
  const fromDay = day === undefined ? undefined : dayOf(day);
  const given = body.initial_credits_expiry_date_utc;
  if (fromDay !== undefined && given !== undefined && fromDay.getTime() !== given.getTime())
    throw validationError(
      'initial_credits_expiry_date_utc and initial_credits_to_load_expiry_date mean the same and differ',
      {
        fields: {
          initial_credits_expiry_date_utc: 'differs',
          initial_credits_to_load_expiry_date: 'differs',
        },
      },
    );
  const expiresAt = given ?? fromDay ?? null;
  if (expiresAt !== null && expiresAt <= ctx.now)
    throw fieldErrors({
      [given === undefined ? 'initial_credits_to_load_expiry_date' : 'initial_credits_expiry_date_utc']:
        'credits cannot expire in the past',
    });
  return expiresAt;
}

/** 20270131: the beginning of that day, UTC. */
function dayOf(number: number): Date {
  const [year, month, day] = [Math.floor(number / 10000), Math.floor(number / 100) % 100, number % 100];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    throw fieldErrors({
      initial_credits_to_load_expiry_date: 'initial_credits_to_load_expiry_date must be a day as YYYYMMDD',
    });
  return date;
}

import { Injectable } from '@nestjs/common';
import { toCustomerResponse } from '../customers/customers.responses.js';
import { CustomersService } from '../../customers/customers.service.js';
import { rate, ZERO } from '../../domain/rate.js';
import { FREE_REASONS } from '../../domain/wallets/wallet-kinds.js';
import type { Ctx } from '../../platform/context.js';
import { requireRow } from '../../platform/database/rows.js';
import { parseExpand } from '../../platform/http/expand.js';
import { findPage, type PaginationResponse } from '../../platform/http/list-query.js';
import { WalletEntity } from '../../wallets/wallet.entity.js';
import { WalletTransactionEntity } from '../../wallets/wallet-transaction.entity.js';
import type { SearchWalletsRequest, SearchWalletTransactionsRequest } from './wallets-search.requests.js';
import {
  toWalletResponse,
  toWalletTransactionResponse,
  type ListWalletTransactionsResponse,
  type WalletTransactionResponse,
} from './wallets.responses.js';
import type { CreditBreakdown, Wallet, WalletTransaction } from '../../wallets/wallets.types.js';

const WALLET_FIELDS = {
  id: 'id',
  customer_id: 'customerId',
  currency: 'currency',
  wallet_type: 'walletType',
  wallet_status: 'walletStatus',
  name: 'name',
  credit_balance: 'creditBalance',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

const TRANSACTION_FIELDS = {
  id: 'id',
  wallet_id: 'walletId',
  customer_id: 'customerId',
  type: 'type',
  transaction_status: 'transactionStatus',
  transaction_reason: 'transactionReason',
  reference_type: 'referenceType',
  reference_id: 'referenceId',
  credit_amount: 'creditAmount',
  credits_available: 'creditsAvailable',
  priority: 'priority',
  expiry_date: 'expiryDate',
  created_by: 'createdBy',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

const TRANSACTION_EXPANSIONS = ['customer', 'wallet', 'created_by_user'];

@Injectable()
export class WalletsQueries {
  constructor(private readonly customers: CustomersService) {}

  search(
    ctx: Ctx,
    request: SearchWalletsRequest,
  ): Promise<{ rows: Wallet[]; pagination: PaginationResponse }> {
    const { status, wallet_ids: ids, ...page } = request;
    const query = ctx.em.createQueryBuilder(WalletEntity, 'row').where(`row.status = 'published'`);
    if (status !== undefined) query.andWhere('row.walletStatus = :walletStatus', { walletStatus: status });
    if (ids?.length) query.andWhere('row.id = ANY(:ids)', { ids });
    return findPage(query, page, WALLET_FIELDS);
  }

  /** Transactions as they are shown; of one wallet, or of all. */
  async transactions(
    ctx: Ctx,
    request: SearchWalletTransactionsRequest,
    walletId?: string,
  ): Promise<ListWalletTransactionsResponse> {
    const expand = parseExpand(request.expand, TRANSACTION_EXPANSIONS);
    const { rows, pagination } = await this.findTransactions(ctx, request, walletId);
    const customers = new Map(
      expand.has('customer')
        ? (await this.customers.listByIds(ctx, [...new Set(rows.map((row) => row.customerId))])).map(
            (customer) => [customer.id, toCustomerResponse(customer)],
          )
        : [],
    );
    const wallets = new Map(
      expand.has('wallet') && rows.length > 0
        ? (
            await ctx.em
              .createQueryBuilder(WalletEntity, 'row')
              .where('row.id = ANY(:ids)', { ids: [...new Set(rows.map((row) => row.walletId))] })
              .getMany()
          ).map((wallet) => [wallet.id, toWalletResponse(wallet)])
        : [],
    );
    return {
      items: rows.map((row) =>
        toWalletTransactionResponse(row, {
          customer: customers.get(row.customerId) ?? null,
          wallet: wallets.get(row.walletId) ?? null,
        }),
      ),
      pagination,
    };
  }

  async transaction(ctx: Ctx, id: string): Promise<WalletTransactionResponse> {
    return toWalletTransactionResponse(await requireRow(ctx.em, WalletTransactionEntity, { id }));
  }

  /** What is left of free and of bought credits. */
  async breakdown(ctx: Ctx, walletId: string): Promise<CreditBreakdown> {
    const rows = await ctx.em
      .createQueryBuilder(WalletTransactionEntity, 'row')
      .select(`row.transactionReason = ANY(:free)`, 'free')
      .addSelect('sum(row.creditsAvailable)', 'credits')
      .where('row.walletId = :walletId AND row.creditsAvailable > 0')
      .setParameters({ walletId, free: [...FREE_REASONS] })
      .groupBy('1')
      .getRawMany<{ free: boolean; credits: string }>();
    const of = (free: boolean) => rate(rows.find((row) => row.free === free)?.credits ?? ZERO);
    return { free: of(true), purchased: of(false) };
  }

  private findTransactions(
    ctx: Ctx,
    request: SearchWalletTransactionsRequest,
    walletId: string | undefined,
  ): Promise<{ rows: WalletTransaction[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(WalletTransactionEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    const equal: [keyof WalletTransaction, unknown][] = [
      ['walletId', walletId],
      ['id', request.id],
      ['type', request.type],
      ['transactionStatus', request.transaction_status],
      ['transactionReason', request.transaction_reason],
      ['referenceType', request.reference_type],
      ['referenceId', request.reference_id],
      ['createdBy', request.created_by],
      ['priority', request.priority],
    ];
    for (const [property, value] of equal)
      if (value !== undefined) query.andWhere(`row.${property} = :${property}`, { [property]: value });
    if (request.credits_available_gt !== undefined)
      query.andWhere('row.creditsAvailable > :left', { left: request.credits_available_gt });
    if (request.expiry_date_after !== undefined)
      query.andWhere('row.expiryDate > :after', { after: request.expiry_date_after });
    if (request.expiry_date_before !== undefined)
      query.andWhere('row.expiryDate < :before', { before: request.expiry_date_before });
    return findPage(query, request, TRANSACTION_FIELDS);
  }
}

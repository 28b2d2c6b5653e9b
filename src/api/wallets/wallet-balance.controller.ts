import { Get, Param, Query } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { parseExpand } from '../../platform/http/expand.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { WalletBalanceQuery } from './wallets-search.requests.js';
import { WalletsQueries } from './wallets.queries.js';
import { toWalletBalanceResponse, WalletBalanceResponse } from './wallet-balance.responses.js';
import { WalletBalance } from '../../prepaid/wallet-balance.service.js';

const EXPANSIONS = ['credits_available_breakdown'];

@ApiController('wallets', 'Wallets')
export class WalletBalanceController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: WalletsQueries,
    private readonly balance: WalletBalance,
  ) {}

  /** The balance less usage that is not billed or not paid yet. Events count as soon as they are acknowledged. */
  @Get(':id/balance/real-time')
  realTime(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: WalletBalanceQuery,
  ): Promise<WalletBalanceResponse> {
    const expand = parseExpand(query.expand, EXPANSIONS);
    return this.uow.read(caller, async (ctx) => {
      const { wallet, realTime } = await this.balance.ofWallet(ctx, id);
      const breakdown = expand.has('credits_available_breakdown')
        ? await this.queries.breakdown(ctx, id)
        : undefined;
      return toWalletBalanceResponse(wallet, realTime, breakdown);
    });
  }
}

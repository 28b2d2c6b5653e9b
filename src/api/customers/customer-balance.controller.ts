import { Get, Query } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import { fieldErrors } from '../../domain/errors.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { parseExpand } from '../../platform/http/expand.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CustomerWalletsQuery } from '../wallets/wallets-search.requests.js';
import { toWalletResponse, WalletResponse } from '../wallets/wallets.responses.js';
import { WalletsQueries } from '../wallets/wallets.queries.js';
import { WalletsService } from '../../wallets/wallets.service.js';
import { WalletBalance } from '../../prepaid/wallet-balance.service.js';

const EXPANSIONS = ['credits_available_breakdown'];

@ApiController('customers', 'Wallets')
export class CustomerBalanceController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly wallets: WalletsService,
    private readonly queries: WalletsQueries,
    private readonly balance: WalletBalance,
    private readonly customers: CustomersService,
  ) {}

  /**
   * The wallets of a customer, given by `?id=` or by your own id as `?lookup_key=`, with real-time balances on
   * request.
   */
  @Get('wallets')
  ofCustomer(
    @CurrentCaller() caller: Caller,
    @Query() query: CustomerWalletsQuery,
  ): Promise<WalletResponse[]> {
    if (query.id === undefined && query.lookup_key === undefined)
      throw fieldErrors({ id: 'say which customer: ?id= or ?lookup_key=' });
    const expand = parseExpand(query.expand, EXPANSIONS);
    return this.uow.read(caller, async (ctx) => {
      const customer = await this.customers.resolve(ctx, { id: query.id, externalId: query.lookup_key });
      const shown: WalletResponse[] = [];
      for (const wallet of await this.wallets.ofCustomer(ctx, customer.id))
        shown.push(
          toWalletResponse(wallet, {
            ...(query.include_real_time_balance === true
              ? { realTime: await this.balance.realTime(ctx, wallet) }
              : {}),
            ...(expand.has('credits_available_breakdown')
              ? { breakdown: await this.queries.breakdown(ctx, wallet.id) }
              : {}),
          }),
        );
      return shown;
    });
  }
}

import { Get, Param } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { toWalletResponse, WalletResponse } from '../wallets/wallets.responses.js';
import { WalletsService } from '../../wallets/wallets.service.js';

@ApiController('customers', 'Wallets')
export class CustomerWalletsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly wallets: WalletsService,
    private readonly customers: CustomersService,
  ) {}

  /** All wallets of the customer, closed ones too, oldest first. */
  @Get(':id/wallets')
  list(@CurrentCaller() caller: Caller, @Param('id') customerId: string): Promise<WalletResponse[]> {
    return this.uow.read(caller, async (ctx) => {
      await this.customers.get(ctx, customerId);
      return (await this.wallets.ofCustomer(ctx, customerId)).map((row) => toWalletResponse(row));
    });
  }
}

import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { AddonGrants } from './addon-grants.service.js';
import { CreditGrantsService } from './credit-grants.service.js';
import { GrantApplications } from './grant-applications.service.js';
import { GrantTransfer } from './grant-transfer.service.js';
import { WalletExpiries } from './wallet-expiries.service.js';
import { PlanGrants } from './plan-grants.service.js';
import { WalletHolds } from './wallet-holds.service.js';
import { WalletLedger } from './wallet-ledger.service.js';
import { WalletPurchases } from './wallet-purchases.service.js';
import { WalletSpending } from './wallet-spending.service.js';
import { WalletTopUps } from './wallet-topups.service.js';
import { WalletsService } from './wallets.service.js';

@Module({
  imports: [TenancyModule, CustomersModule, PlansModule],
  providers: [
    PlanGrants,
    WalletLedger,
    WalletsService,
    WalletTopUps,
    WalletSpending,
    WalletPurchases,
    WalletExpiries,
    WalletHolds,
    CreditGrantsService,
    GrantApplications,
    AddonGrants,
    GrantTransfer,
  ],
  exports: [
    WalletLedger,
    WalletsService,
    WalletTopUps,
    WalletSpending,
    WalletPurchases,
    WalletExpiries,
    WalletHolds,
    CreditGrantsService,
    GrantApplications,
    AddonGrants,
    GrantTransfer,
  ],
})
export class WalletsModule {}

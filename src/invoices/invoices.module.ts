import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { BillingRun } from './billing-run.js';
import { InvoicesController } from './invoices.controller.js';
import { InvoicesQueries } from './invoices.queries.js';
import { InvoicesService } from './invoices.service.js';
import { SubscriptionBillingController } from './subscription-billing.controller.js';
import { SubscriptionBillingService } from './subscription-billing.service.js';
import { WalletAutoTopUp } from './wallet-auto-topup.js';
import { WalletBalanceController } from './wallet-balance.controller.js';
import { WalletBalance } from './wallet-balance.service.js';
import { CreditGrantsController, GrantListsController } from './wallet-grants.controller.js';
import { WalletGrants } from './wallet-grants.service.js';
import { WalletInvoiceEvents } from './wallet-invoice-events.js';
import { WalletInvoicing } from './wallet-invoicing.service.js';
import { WalletTopUpsController } from './wallet-topups.controller.js';
import { CreditsExpiring, GrantsDue } from './wallet-triggers.js';

const WALLET_CONTROLLERS = [
  WalletTopUpsController,
  WalletBalanceController,
  CreditGrantsController,
  GrantListsController,
];
const WALLET_PROVIDERS = [
  WalletInvoicing,
  WalletBalance,
  WalletGrants,
  WalletInvoiceEvents,
  WalletAutoTopUp,
  GrantsDue,
  CreditsExpiring,
];

@Module({
  imports: [TenancyModule, CustomersModule, PlansModule, SubscriptionsModule, UsageModule, WalletsModule],
  controllers: [InvoicesController, SubscriptionBillingController, ...WALLET_CONTROLLERS],
  providers: [InvoicesService, InvoicesQueries, SubscriptionBillingService, BillingRun, ...WALLET_PROVIDERS],
  exports: [InvoicesService, InvoicesQueries],
})
export class InvoicesModule {}

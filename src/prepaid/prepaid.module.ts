import { Module } from '@nestjs/common';
import { BillingRunsModule } from '../billing/billing-runs.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { RatingModule } from '../rating/rating.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { WalletAutoTopUp } from './wallet-auto-topup.js';
import { WalletBalance } from './wallet-balance.service.js';
import { WalletInvoiceEvents } from './wallet-invoice-events.js';
import { WalletInvoicing } from './wallet-invoicing.service.js';
import { CreditsExpiring, GrantsDue } from './wallet-triggers.js';

/** Prepaid credits where they meet bills: top-ups, balances, grants, expiry. */
@Module({
  imports: [
    TenancyModule,
    CustomersModule,
    UsageModule,
    WalletsModule,
    SubscriptionsModule,
    RatingModule,
    InvoicesModule,
    BillingRunsModule,
    PaymentsModule,
  ],
  providers: [
    WalletInvoicing,
    WalletBalance,
    WalletInvoiceEvents,
    WalletAutoTopUp,
    GrantsDue,
    CreditsExpiring,
  ],
  exports: [WalletBalance, WalletInvoicing],
})
export class PrepaidModule {}

import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { CreditNotesService } from './credit-notes.service.js';
import { PaymentAttemptsService } from './payment-attempts.service.js';
import { PaymentChanges } from './payment-changes.service.js';
import { PaymentLedger } from './payment-ledger.service.js';
import { PaymentMethodsService } from './payment-methods.service.js';
import { PaymentReportsService } from './payment-reports.service.js';
import { PaymentRefunds } from './payment-refunds.service.js';
import { PaymentReversals } from './payment-reversals.service.js';
import { PaymentsService } from './payments.service.js';
import { RemoteAdjustments } from './remote-adjustments.service.js';
import { RefundsService } from './refunds.service.js';

@Module({
  imports: [TenancyModule, CustomersModule, InvoicesModule],
  providers: [
    PaymentLedger,
    PaymentsService,
    PaymentAttemptsService,
    PaymentReportsService,
    PaymentMethodsService,
    PaymentChanges,
    RefundsService,
    PaymentReversals,
    PaymentRefunds,
    RemoteAdjustments,
    CreditNotesService,
  ],
  exports: [
    PaymentLedger,
    CreditNotesService,
    PaymentsService,
    PaymentAttemptsService,
    PaymentReportsService,
    PaymentMethodsService,
    PaymentReversals,
    PaymentRefunds,
    RemoteAdjustments,
    RefundsService,
    PaymentChanges,
  ],
})
export class PaymentsModule {}

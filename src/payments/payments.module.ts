import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { CreditNotesController } from './credit-notes.controller.js';
import { CreditNotesQueries } from './credit-notes.queries.js';
import { CreditNotesService } from './credit-notes.service.js';
import { PaymentAttemptsService } from './payment-attempts.service.js';
import { PaymentChanges } from './payment-changes.service.js';
import { PaymentLedger } from './payment-ledger.service.js';
import { PaymentMethodsService } from './payment-methods.service.js';
import { PaymentReportsService } from './payment-reports.service.js';
import { PaymentRefunds } from './payment-refunds.service.js';
import { PaymentReversals } from './payment-reversals.service.js';
import { PaymentsController } from './payments.controller.js';
import { PaymentsQueries } from './payments.queries.js';
import { PaymentsService } from './payments.service.js';
import { RemoteAdjustments } from './remote-adjustments.service.js';
import { RefundsService } from './refunds.service.js';

@Module({
  imports: [TenancyModule, CustomersModule, InvoicesModule],
  controllers: [PaymentsController, CreditNotesController],
  providers: [
    PaymentLedger,
    PaymentsService,
    PaymentAttemptsService,
    PaymentReportsService,
    PaymentsQueries,
    PaymentMethodsService,
    PaymentChanges,
    RefundsService,
    PaymentReversals,
    PaymentRefunds,
    RemoteAdjustments,
    CreditNotesService,
    CreditNotesQueries,
  ],
  exports: [
    PaymentLedger,
    CreditNotesService,
    CreditNotesQueries,
    PaymentsService,
    PaymentAttemptsService,
    PaymentReportsService,
    PaymentsQueries,
    PaymentMethodsService,
    PaymentReversals,
    PaymentRefunds,
    RemoteAdjustments,
    RefundsService,
  ],
})
export class PaymentsModule {}

import { Module } from '@nestjs/common';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { PaymentAttemptsService } from './payment-attempts.service.js';
import { PaymentLedger } from './payment-ledger.service.js';
import { PaymentMethodsService } from './payment-methods.service.js';
import { PaymentReportsService } from './payment-reports.service.js';
import { InvoicePaymentController, PaymentsController } from './payments.controller.js';
import { PaymentsQueries } from './payments.queries.js';
import { PaymentsService } from './payments.service.js';

@Module({
  imports: [TenancyModule, InvoicesModule],
  controllers: [PaymentsController, InvoicePaymentController],
  providers: [
    PaymentLedger,
    PaymentsService,
    PaymentAttemptsService,
    PaymentReportsService,
    PaymentsQueries,
    PaymentMethodsService,
  ],
  exports: [
    PaymentsService,
    PaymentAttemptsService,
    PaymentReportsService,
    PaymentsQueries,
    PaymentMethodsService,
  ],
})
export class PaymentsModule {}

import { Module } from '@nestjs/common';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { PaymentMethodsService } from './payment-methods.service.js';
import { InvoicePaymentController, PaymentsController } from './payments.controller.js';
import { PaymentsQueries } from './payments.queries.js';
import { PaymentsService } from './payments.service.js';

@Module({
  imports: [TenancyModule, InvoicesModule],
  controllers: [PaymentsController, InvoicePaymentController],
  providers: [PaymentsService, PaymentsQueries, PaymentMethodsService],
  exports: [PaymentsService, PaymentsQueries, PaymentMethodsService],
})
export class PaymentsModule {}

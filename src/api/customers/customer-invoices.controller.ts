import { Get, Param } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CustomerMultiCurrencyInvoiceSummaryResponse } from '../invoices/invoice-life.responses.js';
import { InvoiceSummaryQueries } from './invoice-summary.queries.js';

@ApiController('customers', 'Invoices')
export class CustomerInvoicesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly customers: CustomersService,
    private readonly summaries: InvoiceSummaryQueries,
  ) {}

  /** What the customer was billed, owes and is overdue with, by currency. */
  @Get(':id/invoices/summary')
  summary(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<CustomerMultiCurrencyInvoiceSummaryResponse> {
    return this.uow.read(caller, async (ctx) =>
      this.summaries.ofCustomer(ctx, (await this.customers.get(ctx, id)).id),
    );
  }
}

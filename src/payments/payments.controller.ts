import { Body, Get, Param, Put, Query } from '@nestjs/common';
import { roundToMoney } from '../domain/money.js';
import { rate } from '../domain/rate.js';
import { InvoicesQueries } from '../invoices/invoices.queries.js';
import { InvoiceResponse } from '../invoices/invoices.responses.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { Caller } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../tenancy/api-controller.js';
import { PaymentMethodsService } from './payment-methods.service.js';
import { PaymentsQueries } from './payments.queries.js';
import { ListPaymentsQuery, UpdateInvoicePaymentRequest } from './payments.requests.js';
import {
  ListPaymentMethodsResponse,
  ListPaymentsResponse,
  PaymentResponse,
  toPaymentMethodResponse,
} from './payments.responses.js';
import { PaymentsService } from './payments.service.js';

/** Reading payments. Making them talks to providers: those routes stand in the integrations' house. */
@ApiController('payments', 'Payments')
export class PaymentsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: PaymentsQueries,
    private readonly methods: PaymentMethodsService,
  ) {}

  @Get()
  list(@CurrentCaller() caller: Caller, @Query() query: ListPaymentsQuery): Promise<ListPaymentsResponse> {
    return this.uow.run(caller, (ctx) => this.queries.list(ctx, query));
  }

  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PaymentResponse> {
    return this.uow.run(caller, (ctx) => this.queries.showOne(ctx, id));
  }

  /** The methods that the customer has saved, the default first. */
  @Get('customers/:id/methods')
  listMethods(
    @CurrentCaller() caller: Caller,
    @Param('id') customerId: string,
  ): Promise<ListPaymentMethodsResponse> {
    return this.uow.run(caller, async (ctx) => ({
      items: (await this.methods.listOf(ctx, customerId)).map(toPaymentMethodResponse),
    }));
  }
}

@ApiController('invoices', 'Invoices')
export class InvoicePaymentController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: PaymentsService,
    private readonly invoices: InvoicesService,
    private readonly queries: InvoicesQueries,
  ) {}

  /** Marks an invoice paid by hand: what is still owed is recorded as paid outside of us, and providers are told. */
  @Put(':id/payment')
  updatePaymentStatus(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateInvoicePaymentRequest,
  ): Promise<InvoiceResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { currency } = await this.invoices.get(ctx, id);
      const amount = body.amount === undefined ? undefined : roundToMoney(rate(body.amount), currency);
      const invoice = await this.payments.setInvoicePaymentStatus(ctx, id, body.payment_status, amount);
      return this.queries.showOne(ctx, invoice);
    });
  }
}

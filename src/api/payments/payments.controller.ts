import { Body, Delete, Get, Param, Put, Query } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { PaymentChanges } from '../../payments/payment-changes.service.js';
import { PaymentMethodsService } from '../../payments/payment-methods.service.js';
import { PaymentsQueries } from './payments.queries.js';
import { ListPaymentsQuery, UpdatePaymentRequest } from './payments.requests.js';
import {
  ListPaymentMethodsResponse,
  ListPaymentsResponse,
  PaymentResponse,
  toPaymentMethodResponse,
} from './payments.responses.js';

/** Reading and correcting payments. Making them talks to providers: those routes stand in the integrations' house. */
@ApiController('payments', 'Payments')
export class PaymentsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: PaymentsQueries,
    private readonly methods: PaymentMethodsService,
    private readonly changes: PaymentChanges,
  ) {}

  /** Payments by filters, each with its attempts, refunds and disputes. */
  @Get()
  list(@CurrentCaller() caller: Caller, @Query() query: ListPaymentsQuery): Promise<ListPaymentsResponse> {
    return this.uow.read(caller, (ctx) => this.queries.list(ctx, query));
  }

  /** One payment with its attempts, refunds and disputes. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PaymentResponse> {
    return this.uow.read(caller, async (ctx) =>
      this.queries.showOne(ctx, (await this.changes.published(ctx, id)).id),
    );
  }

  /** Corrects a payment by hand. A payment that a provider has follows the provider. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdatePaymentRequest,
  ): Promise<PaymentResponse> {
    return this.uow.run(caller, async (ctx) => {
      await this.changes.update(ctx, id, {
        status: body.payment_status,
        errorMessage: body.error_message,
        gatewayPaymentId: body.gateway_payment_id,
        gateway: body.payment_gateway,
        methodId: body.payment_method_id,
        metadata: body.metadata,
        succeededAt: body.succeeded_at,
        failedAt: body.failed_at,
        refundedAt: body.refunded_at,
        voidedAt: body.voided_at,
      });
      return this.queries.showOne(ctx, id);
    });
  }

  /** Deletes a payment that was only recorded, has failed, or was voided. */
  @Delete(':id')
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.changes.delete(ctx, id));
    return { message: 'payment deleted successfully' };
  }

  /** The payment methods that the customer has saved, the default first. */
  @Get('customers/:id/methods')
  listMethods(
    @CurrentCaller() caller: Caller,
    @Param('id') customerId: string,
  ): Promise<ListPaymentMethodsResponse> {
    return this.uow.read(caller, async (ctx) => ({
      items: (await this.methods.listOf(ctx, customerId)).map(toPaymentMethodResponse),
    }));
  }
}

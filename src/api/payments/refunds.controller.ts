import { Body, Get, Param, Post } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { InSteps } from '../../platform/idempotency/route-kinds.js';
import { PaymentReversals } from '../../payments/payment-reversals.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import { CreateRefundRequest } from './refunds.requests.js';
import {
  ListPaymentDisputesResponse,
  ListPaymentRefundsResponse,
  PaymentRefundResponse,
  toDisputeResponse,
  toRefundResponse,
} from './refunds.responses.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { RefundFlow } from '../../integrations/checkout/refund.flow.js';

/** Money of a payment that goes back to the customer. */
@ApiController('payments', 'Payments')
export class RefundsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: PaymentsService,
    private readonly reversals: PaymentReversals,
    private readonly flow: RefundFlow,
  ) {}

  /**
   * Refunds all or part of a payment, the way it was paid. A payment that was made elsewhere is recorded as
   * refunded.
   */
  @Post(':id/refunds')
  @InSteps()
  async create(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: CreateRefundRequest,
  ): Promise<PaymentRefundResponse> {
    const refund = await this.flow.refund(caller, id, {
      amount: body.amount,
      reason: body.reason,
      idempotencyKey: body.idempotency_key,
    });
    return toRefundResponse(refund);
  }

  /** The refunds of a payment, oldest first. */
  @Get(':id/refunds')
  list(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<ListPaymentRefundsResponse> {
    return this.uow.read(caller, async (ctx) => {
      await this.payments.get(ctx, id);
      return { items: (await this.reversals.refundsOf(ctx, [id])).map(toRefundResponse) };
    });
  }

  /** The disputes of a payment: inquiries and chargebacks. */
  @Get(':id/disputes')
  listDisputes(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<ListPaymentDisputesResponse> {
    return this.uow.read(caller, async (ctx) => {
      await this.payments.get(ctx, id);
      return { items: (await this.reversals.disputesOf(ctx, [id])).map(toDisputeResponse) };
    });
  }
}

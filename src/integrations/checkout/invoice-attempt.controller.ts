import { HttpCode, Param, Post } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { PaymentsService } from '../../payments/payments.service.js';
import { ApiController, CurrentCaller } from '../../tenancy/api-controller.js';
import { ChargeFlow } from './charge.flow.js';
import { PaymentConnections } from './payment-connections.flow.js';

/** Collecting an invoice of which something is owed. */
@ApiController('invoices', 'Invoices')
export class InvoiceAttemptController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly connections: PaymentConnections,
    private readonly charges: ChargeFlow,
    private readonly payments: PaymentsService,
  ) {}

  /** Pays from the customer's POST_PAID wallets, then charges what is still owed to its default card. A decline is answered as an error, with the issuer's reason. */
  @Post(':id/payment/attempt')
  @HttpCode(200)
  async attempt(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    const amount = await this.uow.run(caller, async (ctx) => {
      await this.connections.lockCollectable(ctx, id);
      return this.payments.payFromPostPaid(ctx, id);
    });
    if (amount.amount === 0n) return { message: 'the invoice is paid with credits' };
    const payment = await this.charges.charge(caller, {
      invoiceId: id,
      amount,
      saveCardAndMakeDefault: false,
      metadata: {},
    });
    await this.charges.assertNotDeclined(caller, payment);
    return {
      message:
        payment.paymentStatus === 'SUCCEEDED'
          ? `payment ${payment.id} succeeded`
          : `payment ${payment.id} is being decided`,
    };
  }
}

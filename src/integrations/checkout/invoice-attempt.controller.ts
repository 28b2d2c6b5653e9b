import { HttpCode, Param, Post } from '@nestjs/common';
import { money } from '../../domain/money.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
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
  ) {}

  /** Charges what is still owed to the customer's default card. A decline is answered as an error, with the issuer's reason. */
  @Post(':id/payment/attempt')
  @HttpCode(200)
  async attempt(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    const amount = await this.uow.run(caller, async (ctx) => {
      const invoice = await this.connections.lockCollectable(ctx, id);
      return money(invoice.amountRemaining, invoice.currency);
    });
    const payment = await this.charges.charge(caller, {
      invoiceId: id,
      amount,
      saveCardAndMakeDefault: false,
      metadata: {},
    });
    this.charges.assertNotDeclined(payment);
    return {
      message:
        payment.paymentStatus === 'SUCCEEDED'
          ? `payment ${payment.id} succeeded`
          : `payment ${payment.id} is being decided`,
    };
  }
}

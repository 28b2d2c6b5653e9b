import { HttpCode, Param, Post } from '@nestjs/common';
import { money, type Money } from '../../domain/money.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { InSteps } from '../../platform/idempotency/route-kinds.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { Payment } from '../../payments/payments.types.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ChargeFlow } from '../../integrations/checkout/charge.flow.js';
import { PaymentConnections } from '../../integrations/checkout/payment-connections.flow.js';

/** The step of a request that has paid from wallets: what they have left to pay. */
const LEFT = 'left';

/** Collecting an invoice of which something is owed. */
@ApiController('invoices', 'Invoices')
export class InvoiceAttemptController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly connections: PaymentConnections,
    private readonly charges: ChargeFlow,
    private readonly payments: PaymentsService,
  ) {}

  /**
   * Pays from the POST_PAID wallets of the customer, then charges what is still owed to the default card. A decline
   * is an error with the reason of the issuer.
   */
  @Post(':id/payment/attempt')
  @HttpCode(200)
  @InSteps()
  async attempt(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    const payment = (await this.charges.begunEarlier(caller)) ?? (await this.collect(caller, id));
    if (payment === undefined) return { message: 'the invoice is paid with credits' };
    await this.charges.assertNotDeclined(caller, payment);
    return {
      message:
        payment.paymentStatus === 'SUCCEEDED'
          ? `payment ${payment.id} succeeded`
          : `payment ${payment.id} is being decided`,
    };
  }

  /** Undefined when the wallets pay all of it. */
  private async collect(caller: Caller, id: string): Promise<Payment | undefined> {
    const amount = await this.uow.run(caller, (ctx) => this.payFromWallets(ctx, id));
    if (amount.amount === 0n) return undefined;
    return this.charges.charge(caller, {
      invoiceId: id,
      amount,
      saveCardAndMakeDefault: false,
      metadata: {},
    });
  }

  private async payFromWallets(ctx: Ctx, id: string): Promise<Money> {
    const left = ctx.progress?.noted(LEFT);
    if (left !== undefined) {
      const { currency } = await this.payments.invoiceOf(ctx, id);
      return money(BigInt(left), currency);
    }
    const { amountRemaining } = await this.connections.lockCollectable(ctx, id);
    const open = await this.payments.payFromPostPaid(ctx, id);
    if (open.amount !== amountRemaining) await ctx.progress?.note(ctx, { [LEFT]: open.amount.toString() });
    return open;
  }
}

import { Body, HttpCode, Param, Post } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { InSteps } from '../../platform/idempotency/route-kinds.js';
import { CreateCheckoutRequest } from './payments.requests.js';
import { CheckoutResponse } from './payments.responses.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CheckoutFlow } from '../../integrations/checkout/checkout.flow.js';

/** Invoices at a provider, asked for by hand: the routes that the guides name, for every provider. */
@ApiController('payments', 'Integrations')
export class CheckoutController {
  constructor(private readonly checkouts: CheckoutFlow) {}

  /** Creates a page on which the customer pays the invoice. */
  @Post(':provider/checkout')
  @InSteps()
  @HttpCode(200)
  async checkout(
    @CurrentCaller() caller: Caller,
    @Param('provider') provider: string,
    @Body() body: CreateCheckoutRequest,
  ): Promise<CheckoutResponse> {
    const page = await this.checkouts.pay(caller, {
      invoiceId: body.invoice_id,
      provider,
      successUrl: body.success_url,
      cancelUrl: body.cancel_url,
      saveCardAndMakeDefault: body.save_card_and_make_default ?? false,
      metadata: body.metadata ?? {},
    });
    return { checkout_url: page.url, session_id: page.remoteId, payment_id: page.paymentId };
  }
}

import { Body, Headers, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { fieldErrors } from '../../domain/errors.js';
import { exactMoney } from '../../domain/money.js';
import { rate } from '../../domain/rate.js';
import { InvoicesQueries } from './invoices.queries.js';
import { InvoiceResponse } from './invoices.responses.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { InvoiceLifecycleService } from '../../billing/recalculation/invoice-lifecycle.service.js';
import { RefreshInvoiceQuery, UpdateInvoicePaymentRequest } from '../payments/payments.requests.js';
import { RecalculationResponse } from '../payments/payments.responses.js';
import { PaymentsService } from '../../payments/payments.service.js';

/** The generation of the SDK that reads an invoice where later ones read a workflow. */
const READS_AN_INVOICE = /^speakeasy-sdk\/typescript 2\.0\./;

interface Reply {
  status(code: number): unknown;
}

/** What happens to an invoice and to its money. */
@ApiController('invoices', 'Invoices')
export class InvoiceLifecycleController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly life: InvoiceLifecycleService,
    private readonly payments: PaymentsService,
    private readonly invoices: InvoicesService,
    private readonly queries: InvoicesQueries,
  ) {}

  /**
   * Voids an invoice. Nothing is owed on it any more, and what was paid goes to the wallet of the customer.
   * Providers are told.
   */
  @Post(':id/void')
  @HttpCode(200)
  async void(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.life.void(ctx, id));
    return { message: 'invoice voided successfully' };
  }

  /**
   * Voids the invoice and bills its period again with the usage and prices of now. Done when it answers: 202 with
   * the ids. SDK 2.0 gets the invoice with 200, a draft recalculated in place.
   */
  @Post(':id/recalculate')
  @HttpCode(202)
  @ApiResponse({ status: 202, type: RecalculationResponse })
  async recalculate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: RefreshInvoiceQuery,
    @Headers('user-agent') userAgent: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<RecalculationResponse | InvoiceResponse> {
    return this.uow.run(caller, async (ctx) => {
      if (READS_AN_INVOICE.test(userAgent ?? '')) {
        reply.status(200);
        const refreshed = await this.life.refresh(ctx, id, query.finalize === 'true');
        return this.queries.showOne(ctx, refreshed);
      }
      const made = await this.life.recalculate(ctx, id);
      return {
        message:
          made === null
            ? 'invoice voided: nothing is left to charge for its period'
            : `invoice recalculated as ${made.id}`,
        workflow_id: made?.id ?? id,
        run_id: caller.requestId,
        invoice_id: made?.id ?? null,
      };
    });
  }

  /** Sets the payment status by hand: the money was paid elsewhere. Providers are told. */
  @Put(':id/payment')
  updatePaymentStatus(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateInvoicePaymentRequest,
  ): Promise<InvoiceResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { currency } = await this.invoices.get(ctx, id);
      const amount = body.amount === undefined ? undefined : exactMoney(rate(body.amount), currency);
      if (body.amount !== undefined && amount === undefined)
        throw fieldErrors({ amount: `amount has more decimal places than ${currency} has` });
      const invoice = await this.payments.setInvoicePaymentStatus(ctx, id, body.payment_status, amount);
      return this.queries.showOne(ctx, invoice);
    });
  }
}

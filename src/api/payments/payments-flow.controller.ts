import { Body, HttpCode, Param, Post } from '@nestjs/common';
import { fieldErrors, invalidOperation, keyReused, notFound, validationError } from '../../domain/errors.js';
import { exactMoney, money, type Money } from '../../domain/money.js';
import { PAYMENT_STAGES } from '../../domain/paying/payment-states.js';
import { rate } from '../../domain/rate.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { InSteps } from '../../platform/idempotency/route-kinds.js';
import { PaymentsQueries } from './payments.queries.js';
import { CreatePaymentRequest, CreateSetupIntentRequest } from './payments.requests.js';
import { PaymentResponse, SetupIntentResponse } from './payments.responses.js';
import { PaymentReportsService } from '../../payments/payment-reports.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { Payment } from '../../payments/payments.types.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ChargeFlow } from '../../integrations/checkout/charge.flow.js';
import { CheckoutFlow } from '../../integrations/checkout/checkout.flow.js';

/** The step of a request that has made a payment, or settled one, without a provider. */
const PAYMENT = 'payment';

/** Payments that may need a provider. */
@ApiController('payments', 'Payments')
export class PaymentsFlowController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: PaymentsService,
    private readonly reports: PaymentReportsService,
    private readonly queries: PaymentsQueries,
    private readonly charges: ChargeFlow,
    private readonly checkouts: CheckoutFlow,
  ) {}

  /**
   * Pays an invoice: recorded as paid (OFFLINE), from a wallet (CREDITS), by a saved card (CARD), or with a payment
   * page (PAYMENT_LINK).
   */
  @Post()
  @InSteps()
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreatePaymentRequest,
  ): Promise<PaymentResponse> {
    const amount = amountOf(body);
    if (body.payment_method_type === 'OFFLINE' && body.payment_method_id !== undefined)
      throw validationError('payment_method_id goes with a method: an OFFLINE payment has none');
    const isBegun = caller.progress?.hasBegun === true;
    const earlier =
      isBegun || body.idempotency_key === undefined
        ? null
        : await this.uow.run(caller, (ctx) =>
            this.payments.findByIdempotencyKey(ctx, body.idempotency_key as string),
          );
    if (earlier !== null) {
      // What has become of it may have changed since; what it pays, and in what, has not.
      const isSame = earlier.destinationId === body.destination_id && earlier.currency === body.currency;
      if (!isSame) throw keyReused({ payment_id: earlier.id });
      return this.show(caller, earlier.id);
    }
    if (body.process_payment === false) return this.show(caller, await this.writeDown(caller, body, amount));
    return this.show(caller, await this.process(caller, body, amount, undefined));
  }

  /** Collects a payment that was only recorded, or tries a failed one again. */
  @Post(':id/process')
  @HttpCode(200)
  @InSteps()
  async processOne(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PaymentResponse> {
    const payment = await this.uow.run(caller, (ctx) => this.payments.get(ctx, id));
    if (payment.status !== 'published') throw notFound('payment', id);
    // What an earlier try of this request has begun goes on, wherever that has left the payment.
    const stage = PAYMENT_STAGES[payment.paymentStatus];
    const mayBegin = stage === 'not_begun' || stage === 'failed';
    if (!mayBegin && caller.progress?.hasBegun !== true)
      throw invalidOperation(`the payment is ${payment.paymentStatus} already`, 'payment_already_processed');
    if (payment.paymentMethodType !== 'CARD' && payment.paymentMethodType !== 'OFFLINE')
      throw invalidOperation(
        'only CARD and OFFLINE payments can be processed later',
        'payment_not_processable',
      );
    const body = {
      destination_id: payment.destinationId,
      payment_method_type: payment.paymentMethodType,
      ...(payment.paymentGateway === null ? {} : { payment_gateway: payment.paymentGateway }),
      ...(payment.paymentMethodId === null ? {} : { payment_method_id: payment.paymentMethodId }),
      save_card_and_make_default: payment.saveCardAndMakeDefault,
      metadata: payment.metadata,
    };
    return this.show(caller, await this.process(caller, body, money(payment.amount, payment.currency), id));
  }

  /** Creates a page on which the customer saves a card. */
  @Post('customers/:id/setup/intent')
  @InSteps()
  async setup(
    @CurrentCaller() caller: Caller,
    @Param('id') customerId: string,
    @Body() body: CreateSetupIntentRequest,
  ): Promise<SetupIntentResponse> {
    const usage = body.usage ?? 'off_session';
    const remote = await this.checkouts.saveCard(caller, {
      customerId,
      provider: body.provider,
      successUrl: body.success_url,
      cancelUrl: body.cancel_url,
      setDefault: body.set_default ?? false,
      usage,
      paymentMethodTypes: body.payment_method_types,
      metadata: body.metadata ?? {},
    });
    return {
      setup_intent_id: remote.remoteSetupId ?? null,
      checkout_session_id: remote.remoteId,
      checkout_url: remote.url ?? '',
      client_secret: remote.clientSecret ?? null,
      status: remote.status,
      usage,
      customer_id: customerId,
      created_at: unixSeconds(remote.createdAt),
      expires_at: remote.expiresAt === undefined ? null : unixSeconds(remote.expiresAt),
    };
  }

  private async process(
    caller: Caller,
    body: Pick<
      CreatePaymentRequest,
      | 'destination_id'
      | 'payment_method_type'
      | 'payment_gateway'
      | 'payment_method_id'
      | 'save_card_and_make_default'
      | 'metadata'
      | 'success_url'
      | 'cancel_url'
      | 'idempotency_key'
    >,
    amount: Money,
    paymentId: string | undefined,
  ): Promise<string> {
    const common = {
      invoiceId: body.destination_id,
      amount,
      provider: body.payment_gateway,
      saveCardAndMakeDefault: body.save_card_and_make_default ?? false,
      idempotencyKey: body.idempotency_key,
      metadata: body.metadata ?? {},
      paymentId,
    };
    switch (body.payment_method_type) {
      case 'OFFLINE':
        return this.recordOffline(caller, common);
      case 'CREDITS':
        return this.payFromCredit(caller, { ...common, methodId: body.payment_method_id });
      case 'CARD': {
        const payment = await this.charges.charge(caller, { ...common, methodId: body.payment_method_id });
        return (await this.charges.assertNotDeclined(caller, payment)).id;
      }
      case 'PAYMENT_LINK': {
        if (body.success_url === undefined || body.cancel_url === undefined)
          throw fieldErrors({
            ...(body.success_url === undefined
              ? { success_url: 'success_url is required for a payment link' }
              : {}),
            ...(body.cancel_url === undefined
              ? { cancel_url: 'cancel_url is required for a payment link' }
              : {}),
          });
        const link = { ...common, successUrl: body.success_url, cancelUrl: body.cancel_url };
        return (await this.checkouts.pay(caller, link)).paymentId;
      }
    }
  }

  private payFromCredit(
    caller: Caller,
    input: {
      invoiceId: string;
      amount: Money;
      methodId: string | undefined;
      idempotencyKey: string | undefined;
      metadata: Record<string, string>;
    },
  ): Promise<string> {
    return this.once(caller, async (ctx) => {
      const { customerId } = await this.payments.invoiceOf(ctx, input.invoiceId);
      return this.payments.payFromCredit(ctx, {
        invoiceId: input.invoiceId,
        customerId,
        methodId: input.methodId ?? null,
        amount: input.amount,
        idempotencyKey: input.idempotencyKey ?? null,
        metadata: input.metadata,
      });
    });
  }

  private recordOffline(
    caller: Caller,
    input: {
      invoiceId: string;
      amount: Money;
      idempotencyKey: string | undefined;
      metadata: Record<string, string>;
      paymentId: string | undefined;
    },
  ): Promise<string> {
    return this.once(caller, async (ctx) => {
      if (input.paymentId !== undefined)
        return this.reports.report(ctx, input.paymentId, { status: 'SUCCEEDED' });
      const { customerId } = await this.payments.invoiceOf(ctx, input.invoiceId);
      return this.payments.create(ctx, {
        invoiceId: input.invoiceId,
        customerId,
        methodType: 'OFFLINE',
        amount: input.amount,
        status: 'SUCCEEDED',
        idempotencyKey: input.idempotencyKey ?? null,
        metadata: input.metadata,
      });
    });
  }

  private writeDown(caller: Caller, body: CreatePaymentRequest, amount: Money): Promise<string> {
    return this.once(caller, async (ctx) => {
      const { customerId } = await this.payments.invoiceOf(ctx, body.destination_id);
      return this.payments.create(ctx, {
        invoiceId: body.destination_id,
        customerId,
        methodType: body.payment_method_type,
        methodId: body.payment_method_id ?? null,
        gateway: body.payment_gateway ?? null,
        amount,
        status: 'INITIATED',
        saveCardAndMakeDefault: body.save_card_and_make_default ?? false,
        idempotencyKey: body.idempotency_key ?? null,
        metadata: body.metadata ?? {},
      });
    });
  }

  /** A payment that one transaction makes: the one that an earlier try of this request has made, if there is one. */
  private async once(caller: Caller, make: (ctx: Ctx) => Promise<Payment>): Promise<string> {
    const earlier = caller.progress?.noted(PAYMENT);
    if (earlier !== undefined) return earlier;
    return this.uow.run(caller, async (ctx) => {
      const { id } = await make(ctx);
      await ctx.progress?.note(ctx, { [PAYMENT]: id });
      return id;
    });
  }

  private show(caller: Caller, id: string): Promise<PaymentResponse> {
    return this.uow.run(caller, (ctx) => this.queries.showOne(ctx, id));
  }
}

function amountOf(body: CreatePaymentRequest): Money {
  const amount = exactMoney(rate(body.amount), body.currency);
  if (amount === undefined)
    throw fieldErrors({ amount: `amount has more decimal places than ${body.currency} has` });
  return amount;
}

const unixSeconds = (at: Date): number => Math.floor(at.getTime() / 1000);

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { fieldErrors, invalidOperation } from '../domain/errors.js';
import { exactMoney, formatMoney, money } from '../domain/money.js';
import { rate } from '../domain/rate.js';
import { ChargeFlow, type ChargeInput } from '../integrations/checkout/charge.flow.js';
import { InvoiceDocumentsService } from '../invoices/invoice-documents.service.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { Caller, Ctx } from '../platform/context.js';
import { HostTransactions } from '../platform/database/host-transactions.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { CardNumbersPipe } from '../platform/http/card-number-fields.js';
import { ContractPipe } from '../platform/http/contract.pipe.js';
import { toBillingError } from '../platform/http/error-envelope.js';
import { requestIdOf } from '../platform/http/request-id.js';
import { DeferredEvents } from '../usage/deferred-events.service.js';
import { UsageService } from '../usage/usage.service.js';
import { CustomerCreationController } from './customers/customer-creation.controller.js';
import { CreateCustomerRequest } from './customers/customer-creation.requests.js';
import type { CustomerResponse } from './customers/customers.responses.js';
import { IngestEventRequest } from './events/usage.requests.js';
import { InvoicesController } from './invoices/invoices.controller.js';
import { InvoicesQueries } from './invoices/invoices.queries.js';
import { CreateInvoiceRequest } from './invoices/invoices.requests.js';
import type { InvoiceResponse } from './invoices/invoices.responses.js';
import { PaymentsFlowController } from './payments/payments-flow.controller.js';
import { PaymentsQueries } from './payments/payments.queries.js';
import { CreatePaymentRequest } from './payments/payments.requests.js';
import type { PaymentResponse } from './payments/payments.responses.js';
import { PlansController } from './plans/plans.controller.js';
import { CreatePlanRequest } from './plans/plans.requests.js';
import type { PlanResponse } from './plans/plans.responses.js';
import { PricesController } from './prices/prices.controller.js';
import { CreatePriceRequest } from './prices/prices.requests.js';
import type { PriceResponse } from './prices/prices.responses.js';
import { SubscriptionLifecycleController } from './subscriptions/subscription-lifecycle.controller.js';
import { CreateSubscriptionRequest } from './subscriptions/subscriptions.requests.js';
import type { SubscriptionResponse } from './subscriptions/subscriptions.responses.js';

/** For whom something is done: an environment of a tenant. */
export interface BillingScope {
  readonly tenantId: string;
  readonly environmentId: string;
  /** Written to `created_by` and `updated_by`. Default: `host`. */
  readonly actor?: string;
  readonly requestId?: string;
}

export interface BillingCall {
  /**
   * Of a transaction that the host has begun on the same database, with any data source. What is done is part of it: it is
   * there when the host has committed, and jobs and webhooks begin then. An error takes back this call alone.
   */
  readonly manager?: EntityManager;
}

export interface PaymentInput {
  /** In major units. Default: what is still owed. */
  readonly amount?: string;
  readonly idempotencyKey?: string;
  readonly metadata?: Record<string, string>;
}

export interface ChargeInvoiceInput extends PaymentInput {
  /** Where several connections can take payments. */
  readonly provider?: string;
  /** Default: the customer's default card. */
  readonly paymentMethodId?: string;
}

/**
 * What the routes do, for code of the host: the same request bodies and answers, the same checks, without HTTP. Whatever goes
 * wrong is a `BillingError`, with the kind and code that a client of the API would see.
 */
@Injectable()
export class Billing {
  private readonly contract = new ContractPipe();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly host: HostTransactions,
    private readonly customers: CustomerCreationController,
    private readonly plans: PlansController,
    private readonly prices: PricesController,
    private readonly subscriptions: SubscriptionLifecycleController,
    private readonly usage: UsageService,
    private readonly deferred: DeferredEvents,
    private readonly invoiceRoutes: InvoicesController,
    private readonly invoices: InvoicesService,
    private readonly invoiceQueries: InvoicesQueries,
    private readonly documents: InvoiceDocumentsService,
    private readonly payments: PaymentsFlowController,
    private readonly paymentQueries: PaymentsQueries,
    private readonly charges: ChargeFlow,
    private readonly cards: CardNumbersPipe,
  ) {}

  createCustomer(
    scope: BillingScope,
    input: CreateCustomerRequest,
    call?: BillingCall,
  ): Promise<CustomerResponse> {
    return this.do(scope, call, async (caller) =>
      this.customers.create(caller, await this.read(input, CreateCustomerRequest)),
    );
  }

  /** A plan, with the prices that `prices` holds. */
  createPlan(scope: BillingScope, input: CreatePlanRequest, call?: BillingCall): Promise<PlanResponse> {
    return this.do(scope, call, async (caller) =>
      this.plans.create(caller, await this.read(input, CreatePlanRequest)),
    );
  }

  createPrice(scope: BillingScope, input: CreatePriceRequest, call?: BillingCall): Promise<PriceResponse> {
    return this.do(scope, call, async (caller) =>
      this.prices.create(caller, await this.read(input, CreatePriceRequest)),
    );
  }

  createSubscription(
    scope: BillingScope,
    input: CreateSubscriptionRequest,
    call?: BillingCall,
  ): Promise<SubscriptionResponse> {
    return this.do(scope, call, async (caller) =>
      this.subscriptions.create(caller, await this.read(input, CreateSubscriptionRequest)),
    );
  }

  /** Answers the id of the event. It counts at once; with a manager, moments after the host's commit. */
  ingestEvent(scope: BillingScope, input: IngestEventRequest, call?: BillingCall): Promise<string> {
    const body = input as unknown as Record<string, unknown>;
    return this.do(scope, call, async (caller, isJoined) => {
      if (isJoined) return this.uow.run(caller, (ctx) => this.deferred.add(ctx, body));
      const [id = ''] = await this.usage.ingest(caller, [body], JSON.stringify(body).length, () => '');
      return id;
    });
  }

  /** A one-off invoice: a draft, unless the input says FINALIZED. */
  createInvoice(
    scope: BillingScope,
    input: CreateInvoiceRequest,
    call?: BillingCall,
  ): Promise<InvoiceResponse> {
    return this.do(scope, call, async (caller) =>
      this.invoiceRoutes.create(caller, await this.read(input, CreateInvoiceRequest)),
    );
  }

  getInvoice(scope: BillingScope, id: string, call?: BillingCall): Promise<InvoiceResponse> {
    return this.do(scope, call, (caller) => this.invoiceRoutes.get(caller, id, {}));
  }

  /** Gives a draft its number. Connections with `invoice.outbound` push it to their provider. */
  finalizeInvoice(scope: BillingScope, id: string, call?: BillingCall): Promise<InvoiceResponse> {
    return this.do(scope, call, (caller) =>
      this.uow.run(caller, async (ctx) =>
        this.invoiceQueries.showOne(ctx, await this.invoices.finalize(ctx, id)),
      ),
    );
  }

  /**
   * Charges a saved card. A decline is an error. With a manager the payment is only written down: the card is charged after
   * the host's commit, and the payment tells what came of it.
   */
  chargeInvoice(
    scope: BillingScope,
    id: string,
    input: ChargeInvoiceInput = {},
    call?: BillingCall,
  ): Promise<PaymentResponse> {
    return this.do(scope, call, async (caller, isJoined) => {
      const body = await this.paymentBody(caller, id, 'CARD', input, {
        ...(input.provider === undefined ? {} : { payment_gateway: input.provider }),
        ...(input.paymentMethodId === undefined ? {} : { payment_method_id: input.paymentMethodId }),
      });
      if (!isJoined) return this.payments.create(caller, body);
      const payment = await this.uow.run(caller, (ctx) => this.charges.chargeLater(ctx, chargeOf(body)));
      return this.uow.run(caller, (ctx) => this.paymentQueries.showOne(ctx, payment.id));
    });
  }

  /** Records money that was received elsewhere. Providers that have the invoice are told. */
  recordPayment(
    scope: BillingScope,
    id: string,
    input: PaymentInput = {},
    call?: BillingCall,
  ): Promise<PaymentResponse> {
    return this.do(scope, call, async (caller) =>
      this.payments.create(caller, await this.paymentBody(caller, id, 'OFFLINE', input)),
    );
  }

  invoicePdf(scope: BillingScope, id: string, call?: BillingCall): Promise<Buffer> {
    return this.do(scope, call, async (caller) => {
      const document = await this.uow.read(caller, (ctx) => this.documents.read(ctx, id));
      return this.documents.render(document);
    });
  }

  private async do<T>(
    { tenantId, environmentId, actor = 'host', requestId = requestIdOf({}) }: BillingScope,
    { manager }: BillingCall = {},
    work: (caller: Caller, isJoined: boolean) => Promise<T>,
  ): Promise<T> {
    const caller: Caller = { scope: { tenantId, environmentId }, actor, requestId };
    try {
      return await (manager === undefined
        ? work(caller, false)
        : this.host.run(manager, caller, (joined) => work(joined, true)));
    } catch (error) {
      throw toBillingError(error);
    }
  }

  private async read<T extends object>(input: T, metatype: new () => T): Promise<T> {
    const body = this.cards.transform(input, { type: 'body' });
    return (await this.contract.transform(body, { type: 'body', metatype })) as T;
  }

  private async paymentBody(
    caller: Caller,
    invoiceId: string,
    method: CreatePaymentRequest['payment_method_type'],
    { amount, idempotencyKey, metadata }: PaymentInput,
    more: Partial<CreatePaymentRequest> = {},
  ): Promise<CreatePaymentRequest> {
    const { currency, amountRemaining } = await this.uow.run(caller, (ctx: Ctx) =>
      this.invoices.get(ctx, invoiceId),
    );
    if (amountRemaining === 0n)
      throw invalidOperation('the invoice is paid already, or nothing is owed on it', 'invoice_already_paid');
    const owed = formatMoney(money(amountRemaining, currency));
    return this.read(
      {
        destination_type: 'INVOICE',
        destination_id: invoiceId,
        payment_method_type: method,
        amount: amount ?? owed,
        currency,
        ...(idempotencyKey === undefined ? {} : { idempotency_key: idempotencyKey }),
        ...(metadata === undefined ? {} : { metadata }),
        ...more,
      },
      CreatePaymentRequest,
    );
  }
}

function chargeOf(body: CreatePaymentRequest): ChargeInput {
  const amount = exactMoney(rate(body.amount), body.currency);
  if (amount === undefined)
    throw fieldErrors({ amount: `amount has more decimal places than ${body.currency} has` });
  return {
    invoiceId: body.destination_id,
    amount,
    provider: body.payment_gateway,
    methodId: body.payment_method_id,
    saveCardAndMakeDefault: false,
    idempotencyKey: body.idempotency_key,
    metadata: body.metadata ?? {},
  };
}

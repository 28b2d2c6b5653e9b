import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { money, type Money } from '../../domain/money.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import { PaymentMethodsService } from '../../payments/payment-methods.service.js';
import { PaymentAttemptsService } from '../../payments/payment-attempts.service.js';
import { PaymentReportsService } from '../../payments/payment-reports.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { Payment, PaymentAttempt } from '../../payments/payments.types.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { ChargeResult } from '../../providers/provider-objects.js';
import { reportOf } from '../inbound-webhooks/inbound-dispatcher.js';
import { RemoteCustomers } from '../sync/remote-customers.flow.js';
import { CheckoutPages } from './checkout-pages.flow.js';
import { PaymentConnections } from './payment-connections.flow.js';
import { declineError, providerRefusal } from './payment-errors.js';

export interface ChargeInput {
  readonly invoiceId: string;
  readonly amount: Money;
  readonly provider?: string | undefined;
  /** Ours or the provider's id of a saved method; the customer's default, when left out. */
  readonly methodId?: string | undefined;
  readonly saveCardAndMakeDefault: boolean;
  readonly idempotencyKey?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** A payment that was written down before, instead of a new one. */
  readonly paymentId?: string | undefined;
}

interface Begun {
  readonly payment: Payment;
  readonly attempt: PaymentAttempt;
  readonly connection: Connection;
  readonly remoteMethodId: string | undefined;
  /** Real time, whatever the environment's clock says: the provider lives in it. */
  readonly firstTriedAt: Date;
}

/** What a later try, of the request or of the job, has to know of a charge that was begun. */
interface BegunCharge {
  readonly paymentId: string;
  readonly attempt: number;
  readonly firstTriedAt: string;
}

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'payment.resume': BegunCharge;
  }
}

/** The step of a request that has begun a charge. */
const CHARGE = 'charge';
const RESUME_JOB = 'payment.resume';
/** Soon enough that nobody waits long for the truth, late enough that the provider has made up its mind. */
const RESUME_AFTER_MS = 5_000;

/**
 * Charges a saved card off-session. The payment and its attempt are written first; the attempt's key makes one
 * charge of however many tries. An unknown outcome is looked up later, under the same key.
 */
@Injectable()
export class ChargeFlow implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    private readonly queue: JobQueue,
    private readonly connectionsService: ConnectionsService,
    private readonly payments: PaymentsService,
    private readonly attempts: PaymentAttemptsService,
    private readonly reports: PaymentReportsService,
    private readonly methods: PaymentMethodsService,
    private readonly connections: PaymentConnections,
    private readonly pages: CheckoutPages,
    private readonly remoteCustomers: RemoteCustomers,
  ) {}

  onModuleInit(): void {
    this.handlers.register({
      kind: RESUME_JOB,
      // Of a charge that was heard of it does nothing.
      holdsClock: 'while_due',
      handle: async ({ caller, payload }) => {
        const { paymentId, attempt, firstTriedAt } = payload;
        await this.resume(caller, paymentId, attempt, new Date(firstTriedAt));
        return undefined;
      },
    });
  }

  /** Answers the payment: succeeded, or still being decided. A decline is thrown, in the guides' words. */
  async charge(caller: Caller, input: ChargeInput): Promise<Payment> {
    const earlier = await this.begunEarlier(caller);
    if (earlier !== undefined) return earlier;
    // Asked before the customer's page is closed for it: a request that cannot succeed must not cost the page.
    await this.uow.run(caller, async (ctx) => {
      await this.connections.lockCollectable(ctx, input.invoiceId, input.amount);
      await this.connections.choose(ctx, input.provider);
    });
    await this.pages.close(caller, input.invoiceId);
    const begun = await this.uow.run(caller, (ctx) => this.begin(ctx, input));
    return this.attempt(caller, begun, 1);
  }

  /**
   * The same for a transaction that is not ours to end: the charge is written down with it, and made by a job after its
   * commit. A page that is open is no reason to call a provider in a transaction, so it is refused.
   */
  async chargeLater(ctx: Ctx, input: ChargeInput): Promise<Payment> {
    return (await this.begin(ctx, input, 0)).payment;
  }

  /** What has become of the charge that an earlier try of this request has begun; its outcome is found out, where it is unknown. */
  async begunEarlier(caller: Caller): Promise<Payment | undefined> {
    const begun = caller.progress?.noted(CHARGE);
    if (begun === undefined) return undefined;
    const { paymentId, attempt, firstTriedAt } = JSON.parse(begun) as BegunCharge;
    return this.again(caller, paymentId, attempt, new Date(firstTriedAt));
  }

  private async begin(ctx: Ctx, input: ChargeInput, resumeAfterMs: number = RESUME_AFTER_MS): Promise<Begun> {
    const invoice = await this.connections.lockCollectable(ctx, input.invoiceId, input.amount);
    const connection = await this.connections.choose(ctx, input.provider);
    await this.pages.assertNone(ctx, invoice.id);
    const payment =
      input.paymentId === undefined
        ? await this.payments.create(ctx, {
            invoiceId: invoice.id,
            customerId: invoice.customerId,
            methodType: 'CARD',
            methodId: input.methodId ?? null,
            gateway: connection.provider,
            connectionId: connection.id,
            amount: input.amount,
            status: 'PENDING',
            saveCardAndMakeDefault: input.saveCardAndMakeDefault,
            idempotencyKey: input.idempotencyKey ?? null,
            metadata: input.metadata,
          })
        : await this.payments.get(ctx, input.paymentId);
    const firstTriedAt = this.clock.now();
    const attempt = await this.attempts.begin(ctx, payment);
    const begun: BegunCharge = {
      paymentId: payment.id,
      attempt: attempt.attemptNumber,
      firstTriedAt: firstTriedAt.toISOString(),
    };
    await ctx.progress?.note(ctx, { [CHARGE]: JSON.stringify(begun) });
    // From here on somebody will find out what became of it, even if this process does not live to.
    await this.queue.enqueue(ctx, {
      kind: RESUME_JOB,
      key: attempt.id,
      payload: begun,
      runAt: new Date(firstTriedAt.getTime() + resumeAfterMs),
    });
    const remoteMethodId = await this.remoteMethod(ctx, connection, invoice.customerId, input.methodId);
    return { payment, attempt, connection, remoteMethodId, firstTriedAt };
  }

  private async attempt(caller: Caller, begun: Begun, number: number): Promise<Payment> {
    const { payment, attempt, connection } = begun;
    let result: ChargeResult;
    try {
      const { customerId } = payment;
      result = await this.remoteCustomers.with(
        caller,
        connection,
        customerId,
        (remoteCustomerId, keySuffix) =>
          this.connections.payments(connection).charge(
            {
              paymentId: payment.id,
              invoiceId: payment.destinationId,
              remoteCustomerId,
              remotePaymentMethodId: begun.remoteMethodId,
              amount: money(payment.amount, payment.currency),
              description: `Payment ${payment.id}`,
              saveCardAndMakeDefault: payment.saveCardAndMakeDefault,
              metadata: payment.metadata,
            },
            {
              key: `${payment.id}:${attempt.attemptNumber}${keySuffix}`,
              firstTriedAt: begun.firstTriedAt,
              number,
            },
          ),
      );
    } catch (error) {
      return this.notAnswered(caller, begun, error);
    }
    return this.uow.run(caller, (ctx) => this.record(ctx, begun, result));
  }

  /** Unknown is pending: the resumed attempt will find out. A refusal is a failed attempt. */
  private async notAnswered(
    caller: Caller,
    { payment, attempt, connection }: Begun,
    error: unknown,
  ): Promise<Payment> {
    if (error instanceof ProviderError && error.retryable)
      return this.uow.run(caller, (ctx) => this.payments.get(ctx, payment.id));
    const message = error instanceof Error ? error.message : String(error);
    const failure = { code: error instanceof ProviderError ? error.code : 'not_charged', message };
    await this.uow.run(caller, async (ctx) => {
      await this.attempts.end(ctx, attempt.id, { status: 'FAILED', error: failure });
      await this.reports.report(ctx, payment.id, { status: 'FAILED', error: failure });
    });
    throw providerRefusal(connection.provider, error);
  }

  private async record(ctx: Ctx, { payment, attempt }: Begun, result: ChargeResult): Promise<Payment> {
    if (result.outcome === 'accepted') {
      const report = reportOf(result.payment);
      await this.attempts.end(ctx, attempt.id, { status: report.status });
      return this.reports.report(ctx, payment.id, report);
    }
    const { code, message, providerCode, advice } = result.decline;
    const error = { code, message };
    const metadata = {
      ...(providerCode === undefined ? {} : { provider_code: providerCode }),
      ...(advice === undefined ? {} : { advice }),
    };
    await this.attempts.end(ctx, attempt.id, { status: 'FAILED', error, metadata });
    return this.reports.report(ctx, payment.id, {
      status: 'FAILED',
      error,
      // The next attempt is another payment at the provider; only one that succeeds is this payment's own.
      gatewayTrackingId: result.payment?.remoteId,
    });
  }

  /** Throws what a declined payment says, for the caller who asked for it. */
  async assertNotDeclined(caller: Caller, payment: Payment): Promise<Payment> {
    if (payment.paymentStatus !== 'FAILED') return payment;
    const attempts = await this.uow.run(caller, (ctx) => this.attempts.ofPayments(ctx, [payment.id]));
    const said = attempts.at(-1)?.metadata;
    throw declineError(
      payment.paymentGateway ?? 'provider',
      {
        code: payment.errorCode ?? 'declined',
        message: payment.errorMessage ?? 'the payment was declined',
        providerCode: said?.provider_code,
        advice: said?.advice,
      },
      { customerId: payment.customerId, paymentId: payment.id },
    );
  }

  private async resume(
    caller: Caller,
    paymentId: string,
    attemptNumber: number,
    firstTriedAt: Date,
  ): Promise<void> {
    const payment = await this.again(caller, paymentId, attemptNumber, firstTriedAt);
    const [attempt] = await this.uow.run(caller, async (ctx) =>
      (await this.attempts.ofPayments(ctx, [payment.id])).filter(
        (one) => one.attemptNumber === attemptNumber,
      ),
    );
    if (attempt?.paymentStatus === 'PENDING') throw new Error('the provider has not answered yet');
  }

  /** The same attempt once more, under its key, while it is not decided. */
  private async again(
    caller: Caller,
    paymentId: string,
    attemptNumber: number,
    firstTriedAt: Date,
  ): Promise<Payment> {
    const begun = await this.uow.run(caller, async (ctx): Promise<Begun | Payment> => {
      const payment = await this.payments.get(ctx, paymentId);
      const attempt = (await this.attempts.ofPayments(ctx, [paymentId])).find(
        (one) => one.attemptNumber === attemptNumber,
      );
      if (attempt?.paymentStatus !== 'PENDING' || payment.connectionId === null) return payment;
      const connection = await this.connectionsService.get(ctx, payment.connectionId);
      const methodId = payment.paymentMethodId ?? undefined;
      const remoteMethodId = await this.remoteMethod(ctx, connection, payment.customerId, methodId);
      return { payment, attempt, connection, remoteMethodId, firstTriedAt };
    });
    return 'attempt' in begun ? this.attempt(caller, begun, 2) : begun;
  }

  private async remoteMethod(
    ctx: Ctx,
    connection: Connection,
    customerId: string,
    methodId: string | undefined,
  ): Promise<string | undefined> {
    const methods = (await this.methods.listOf(ctx, customerId)).filter(
      (one) => one.connectionId === connection.id,
    );
    if (methodId === undefined) return methods.find((one) => one.isDefault)?.providerMethodId;
    return methods.find((one) => one.id === methodId)?.providerMethodId ?? methodId;
  }
}

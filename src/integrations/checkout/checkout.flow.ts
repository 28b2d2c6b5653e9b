import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import { money, type Money } from '../../domain/money.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { PaymentReportsService } from '../../payments/payment-reports.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { RemoteCheckout } from '../../providers/provider-objects.js';
import { RemoteCustomers } from '../sync/remote-customers.flow.js';
import { CheckoutPages } from './checkout-pages.flow.js';
import { CheckoutSessionsService, type CheckoutSession } from './checkout-sessions.service.js';
import { PaymentConnections } from './payment-connections.flow.js';
import { providerRefusal } from './payment-errors.js';

export interface CheckoutInput {
  readonly invoiceId: string;
  readonly provider?: string | undefined;
  /** What is still owed, when left out. */
  readonly amount?: Money | undefined;
  readonly successUrl: string;
  readonly cancelUrl: string;
  readonly saveCardAndMakeDefault: boolean;
  readonly idempotencyKey?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** A payment that was written down before, instead of a new one. */
  readonly paymentId?: string | undefined;
}

export interface SetupInput {
  readonly customerId: string;
  readonly provider?: string | undefined;
  readonly successUrl: string;
  readonly cancelUrl: string;
  readonly setDefault: boolean;
  readonly usage: 'off_session' | 'on_session';
  readonly paymentMethodTypes?: readonly string[] | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Hosted pages: to pay an invoice, or to save a card. Ours is written first, its id is the provider's key. */
@Injectable()
export class CheckoutFlow {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly customers: CustomersService,
    private readonly payments: PaymentsService,
    private readonly reports: PaymentReportsService,
    private readonly connections: PaymentConnections,
    private readonly sessions: CheckoutSessionsService,
    private readonly pages: CheckoutPages,
    private readonly remoteCustomers: RemoteCustomers,
  ) {}

  async pay(caller: Caller, input: CheckoutInput): Promise<{ paymentId: string; remote: RemoteCheckout }> {
    const { connection, customerId } = await this.uow.run(caller, async (ctx) => {
      const invoice = await this.connections.lockCollectable(ctx, input.invoiceId, input.amount);
      return {
        connection: await this.connections.choose(ctx, input.provider),
        customerId: invoice.customerId,
      };
    });
    await this.remoteCustomers.ensure(caller, connection, customerId);
    await this.pages.close(caller, input.invoiceId);
    const { session, payment, description } = await this.uow.run(caller, async (ctx) => {
      const invoice = await this.connections.lockCollectable(ctx, input.invoiceId, input.amount);
      await this.pages.assertNone(ctx, invoice.id);
      const payment =
        input.paymentId === undefined
          ? await this.payments.create(ctx, {
              invoiceId: invoice.id,
              customerId,
              methodType: 'PAYMENT_LINK',
              gateway: connection.provider,
              connectionId: connection.id,
              amount: input.amount ?? money(invoice.amountRemaining, invoice.currency),
              status: 'INITIATED',
              saveCardAndMakeDefault: input.saveCardAndMakeDefault,
              idempotencyKey: input.idempotencyKey ?? null,
              metadata: input.metadata,
            })
          : await this.payments.get(ctx, input.paymentId);
      const session = await this.sessions.reserve(ctx, {
        connectionId: connection.id,
        mode: 'payment',
        customerId,
        invoiceId: invoice.id,
        paymentId: payment.id,
        setDefault: input.saveCardAndMakeDefault,
      });
      return { session, payment, description: `Invoice ${invoice.invoiceNumber ?? invoice.id}` };
    });
    const remote = await this.asked(caller, connection, { session, paymentId: payment.id }, (number) =>
      this.remoteCustomers.with(caller, connection, customerId, (remoteCustomerId, keySuffix) =>
        this.connections.payments(connection).createCheckout(
          {
            paymentId: payment.id,
            invoiceId: input.invoiceId,
            remoteCustomerId,
            amount: money(payment.amount, payment.currency),
            description,
            successUrl: input.successUrl,
            cancelUrl: input.cancelUrl,
            saveCardAndMakeDefault: input.saveCardAndMakeDefault,
            expiresAt: undefined,
            metadata: input.metadata,
          },
          { key: session.id + keySuffix, firstTriedAt: session.createdAt, number },
        ),
      ),
    );
    await this.uow.run(caller, async (ctx) => {
      await this.sessions.open(ctx, session.id, remote);
      await this.reports.report(ctx, payment.id, {
        status: 'PENDING',
        gatewayTrackingId: remote.remoteId,
        paymentUrl: remote.url,
      });
    });
    return { paymentId: payment.id, remote };
  }

  async saveCard(caller: Caller, input: SetupInput): Promise<RemoteCheckout> {
    const connection = await this.uow.run(caller, async (ctx) => {
      await this.customers.get(ctx, input.customerId);
      return this.connections.choose(ctx, input.provider);
    });
    const session = await this.uow.run(caller, (ctx) =>
      this.sessions.reserve(ctx, {
        connectionId: connection.id,
        mode: 'setup',
        customerId: input.customerId,
        invoiceId: null,
        paymentId: null,
        setDefault: input.setDefault,
      }),
    );
    const remote = await this.asked(caller, connection, { session }, (number) =>
      this.remoteCustomers.with(caller, connection, input.customerId, (remoteCustomerId, keySuffix) =>
        this.connections.payments(connection).createSetup(
          {
            customerId: input.customerId,
            remoteCustomerId,
            currency: DEFAULT_SETUP_CURRENCY,
            successUrl: input.successUrl,
            cancelUrl: input.cancelUrl,
            setDefault: input.setDefault,
            usage: input.usage,
            paymentMethodTypes: input.paymentMethodTypes,
            metadata: input.metadata,
          },
          { key: session.id + keySuffix, firstTriedAt: session.createdAt, number },
        ),
      ),
    );
    await this.uow.run(caller, (ctx) => this.sessions.open(ctx, session.id, remote));
    return remote;
  }

  /**
   * A lost answer is asked for once more at once, under the same key: a page that nobody knows of could be paid on. What
   * is not known after that either is left to its webhooks.
   */
  private async asked<T>(
    caller: Caller,
    connection: Connection,
    asked: { readonly session: CheckoutSession; readonly paymentId?: string },
    call: (number: number) => Promise<T>,
  ): Promise<T> {
    try {
      return await call(1).catch((error: unknown) => {
        if (error instanceof ProviderError && error.kind === 'unavailable') return call(2);
        throw error;
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const unknown = error instanceof ProviderError && error.kind === 'unavailable';
      const { session, paymentId } = asked;
      await this.uow.run(caller, async (ctx) => {
        if (!unknown) await this.sessions.drop(ctx, session.id);
        if (paymentId !== undefined)
          await this.reports.report(ctx, paymentId, {
            status: 'FAILED',
            error: { code: 'page_not_made', message },
          });
      });
      throw providerRefusal(connection.provider, error);
    }
  }
}

/** The page asks for a currency although nothing is charged; which one decides nothing that is kept. */
const DEFAULT_SETUP_CURRENCY = 'usd';

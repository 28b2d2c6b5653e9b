import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import { invalidOperation } from '../../domain/errors.js';
import { money, type Money } from '../../domain/money.js';
import { WallClock } from '../../platform/clock/clock.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { PaymentReportsService } from '../../payments/payment-reports.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { RemoteCheckout } from '../../providers/provider-objects.js';
import { RemoteCustomers } from '../sync/remote-customers.flow.js';
import { CheckoutSessionsService } from './checkout-sessions.service.js';
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
    private readonly clock: WallClock,
    private readonly customers: CustomersService,
    private readonly payments: PaymentsService,
    private readonly reports: PaymentReportsService,
    private readonly connections: PaymentConnections,
    private readonly sessions: CheckoutSessionsService,
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
    const remoteCustomerId = await this.remoteCustomers.ensure(caller, connection, customerId);
    await this.closeEarlierPages(caller, connection, input.invoiceId);
    const { session, payment, description } = await this.uow.run(caller, async (ctx) => {
      const invoice = await this.connections.lockCollectable(ctx, input.invoiceId, input.amount);
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
    const remote = await this.asked(caller, connection, payment.id, () =>
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
        { key: session.id, firstTriedAt: session.createdAt, number: 1 },
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
    const remoteCustomerId = await this.remoteCustomers.ensure(caller, connection, input.customerId);
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
    const remote = await this.asked(caller, connection, undefined, () =>
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
        { key: session.id, firstTriedAt: session.createdAt, number: 1 },
      ),
    );
    await this.uow.run(caller, (ctx) => this.sessions.open(ctx, session.id, remote));
    return remote;
  }

  /** Two open pages for one invoice are two chances to pay it: the earlier ones are closed first. */
  private async closeEarlierPages(caller: Caller, connection: Connection, invoiceId: string): Promise<void> {
    const open = await this.uow.run(caller, (ctx) => this.sessions.openOf(ctx, invoiceId));
    for (const page of open) {
      const remoteId = page.providerSessionId;
      const expire = this.connections
        .payments(connection)
        .expireCheckout?.bind(this.connections.payments(connection));
      if (remoteId === null || page.connectionId !== connection.id || expire === undefined)
        throw invalidOperation('the invoice can be paid on another page already', 'checkout_open', {
          url: page.url,
        });
      const attempt = { key: `${page.id}:expire`, firstTriedAt: this.clock.now(), number: 1 };
      const remote = await this.asked(caller, connection, undefined, () => expire(remoteId, attempt));
      await this.uow.run(caller, (ctx) => this.sessions.recordRemote(ctx, connection.id, remote));
      if (remote.status === 'complete')
        throw invalidOperation('the invoice is being paid on an earlier page', 'checkout_complete', {
          payment_id: page.paymentId,
        });
    }
  }

  private async asked<T>(
    caller: Caller,
    connection: Connection,
    paymentId: string | undefined,
    call: () => Promise<T>,
  ): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (paymentId !== undefined)
        await this.uow.run(caller, (ctx) =>
          this.reports.report(ctx, paymentId, {
            status: 'FAILED',
            error: { code: 'page_not_made', message },
          }),
        );
      throw providerRefusal(connection.provider, error);
    }
  }
}

/** The page asks for a currency although nothing is charged; which one decides nothing that is kept. */
const DEFAULT_SETUP_CURRENCY = 'usd';

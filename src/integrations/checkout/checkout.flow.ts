import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import { invalidOperation } from '../../domain/errors.js';
import { money, type Money } from '../../domain/money.js';
import type { Invoice } from '../../invoices/invoices.types.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { PaymentReportsService } from '../../payments/payment-reports.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { Payment } from '../../payments/payments.types.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { RemoteCheckout } from '../../providers/provider-objects.js';
import { RemoteCustomers } from '../sync/remote-customers.flow.js';
import { CheckoutPages } from './checkout-pages.flow.js';
import {
  CheckoutSessionsService,
  type CheckoutSession,
} from '../checkout-sessions/checkout-sessions.service.js';
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

interface ReservedPage {
  readonly connection: Connection;
  readonly session: CheckoutSession;
  readonly payment: Payment;
  readonly description: string;
}

/** The step of a request that has reserved a page. */
const PAGE = 'page';

const descriptionOf = (invoice: Invoice): string => `Invoice ${invoice.invoiceNumber ?? invoice.id}`;

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

  async pay(
    caller: Caller,
    input: CheckoutInput,
  ): Promise<{ paymentId: string; url: string; remoteId: string }> {
    const reserved = (await this.reservedEarlier(caller)) ?? (await this.reserve(caller, input));
    const { connection, session, payment } = reserved;
    const paymentId = payment.id;
    // An earlier try of this request was answered by the provider, and could not say so any more.
    if (session.state !== 'reserved') {
      if (session.providerSessionId === null)
        throw invalidOperation(payment.errorMessage ?? 'the provider has made no page', 'page_not_made', {
          payment_id: paymentId,
        });
      return { paymentId, url: session.url ?? '', remoteId: session.providerSessionId };
    }
    const remote = await this.asked(caller, connection, { session, paymentId }, (number) =>
      this.remoteCustomers.with(caller, connection, session.customerId, (remoteCustomerId, keySuffix) =>
        this.connections.payments(connection).createCheckout(
          {
            paymentId,
            invoiceId: input.invoiceId,
            remoteCustomerId,
            amount: money(payment.amount, payment.currency),
            description: reserved.description,
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
      await this.payments.awaitPage(ctx, paymentId);
      await this.reports.report(ctx, paymentId, {
        status: 'PENDING',
        gatewayTrackingId: remote.remoteId,
        paymentUrl: remote.url,
      });
    });
    return { paymentId, url: remote.url ?? '', remoteId: remote.remoteId };
  }

  private async reserve(caller: Caller, input: CheckoutInput): Promise<ReservedPage> {
    const { connection, customerId } = await this.uow.run(caller, async (ctx) => {
      const invoice = await this.connections.lockCollectable(ctx, input.invoiceId, input.amount);
      return {
        connection: await this.connections.choose(ctx, input.provider),
        customerId: invoice.customerId,
      };
    });
    await this.remoteCustomers.ensure(caller, connection, customerId);
    await this.pages.close(caller, input.invoiceId);
    return this.uow.run(caller, async (ctx) => {
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
      await ctx.progress?.note(ctx, { [PAGE]: session.id });
      return { connection, session, payment, description: descriptionOf(invoice) };
    });
  }

  /** The page that an earlier try of this request has asked for, or was about to. */
  private async reservedEarlier(caller: Caller): Promise<ReservedPage | undefined> {
    const id = caller.progress?.noted(PAGE);
    if (id === undefined) return undefined;
    return this.uow.run(caller, async (ctx) => {
      const session = await this.sessions.get(ctx, id);
      const payment = await this.payments.get(ctx, session.paymentId ?? '');
      const invoice = await this.payments.invoiceOf(ctx, payment.destinationId);
      const connection = await this.connections.get(ctx, session.connectionId);
      return { connection, session, payment, description: descriptionOf(invoice) };
    });
  }

  async saveCard(caller: Caller, input: SetupInput): Promise<RemoteCheckout> {
    const { connection, session } = await this.uow.run(caller, async (ctx) => {
      const earlier = ctx.progress?.noted(PAGE);
      if (earlier !== undefined) {
        const reserved = await this.sessions.get(ctx, earlier);
        return { session: reserved, connection: await this.connections.get(ctx, reserved.connectionId) };
      }
      await this.customers.get(ctx, input.customerId);
      const chosen = await this.connections.choose(ctx, input.provider);
      const reserved = await this.sessions.reserve(ctx, {
        connectionId: chosen.id,
        mode: 'setup',
        customerId: input.customerId,
        invoiceId: null,
        paymentId: null,
        setDefault: input.setDefault,
      });
      await ctx.progress?.note(ctx, { [PAGE]: reserved.id });
      return { connection: chosen, session: reserved };
    });
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
    // Asked again for a page that is known, the provider says what it has said: the page may be over since.
    if (session.state === 'reserved')
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

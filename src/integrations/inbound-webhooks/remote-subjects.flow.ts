import { Injectable } from '@nestjs/common';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Caller } from '../../platform/context.js';
import { InvoiceAdjustments } from '../../invoices/invoice-adjustments.service.js';
import { PaymentMethodsService } from '../../payments/payment-methods.service.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type { ProviderNews } from '../../providers/provider-event.js';
import type { RemoteInvoice, RemotePayment, RemoteSetup } from '../../providers/provider-objects.js';
import { RemotePlans } from '../catalogue/remote-plans.flow.js';
import { RemoteSubscriptions } from '../subscriptions/remote-subscriptions.flow.js';
import type { RemoteSubject } from './inbound-dispatcher.js';

/** Reads at the provider what an event speaks of, whoever says that it has changed: a webhook, or the reconciler. */
@Injectable()
export class RemoteSubjects {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly methods: PaymentMethodsService,
    private readonly mappings: MappingsService,
    private readonly adjustments: InvoiceAdjustments,
    private readonly sessions: ProviderSessionsService,
    private readonly remotePlans: RemotePlans,
    private readonly remoteSubscriptions: RemoteSubscriptions,
  ) {}

  async fetch(caller: Caller, connection: Connection, event: ProviderNews): Promise<RemoteSubject> {
    const session = this.sessions.open(connection);
    switch (event.kind) {
      case 'customer.changed':
        return present('customer', await session.customers?.fetch(event.remoteId));
      case 'customer.deleted':
        return this.fetchDeleted(session, event.remoteId);
      case 'plan.changed':
        return this.remotePlans.read(caller, connection, event.remoteId);
      case 'subscription.changed':
        return this.remoteSubscriptions.read(caller, connection, event.remoteId);
      case 'invoice.changed':
        return present('invoice', await this.fetchInvoice(caller, connection, session, event.remoteId));
      case 'payment.changed':
        return this.fetchPayment(caller, connection, session, event.remoteId);
      case 'checkout.changed':
        return this.fetchCheckout(session, event.remoteId);
      case 'method.changed':
        return this.fetchMethods(caller, connection, session, event.remoteId);
      case 'setup.changed':
        return present('setup', await this.fetchSetup(session, event.remoteId));
      case 'object.changed': {
        const { resource, remoteId } = event;
        const news = await session.locate?.(resource, remoteId);
        return news
          ? this.fetch(caller, connection, news)
          : { kind: 'gone', reason: `the ${resource} is gone, or of nothing that is kept in step` };
      }
      case 'ignored':
        return { kind: 'gone', reason: event.reason };
    }
  }

  /** An event only says so; what is there says whether. */
  private async fetchDeleted(session: ProviderSession, remoteId: string): Promise<RemoteSubject> {
    const remote = await session.customers?.fetch(remoteId);
    return remote && !remote.deleted ? { kind: 'customer', remote } : { kind: 'customer_gone', remoteId };
  }

  private async fetchInvoice(
    caller: Caller,
    connection: Connection,
    session: ProviderSession,
    remoteId: string,
  ): Promise<RemoteInvoice | null | undefined> {
    const isNoted = await this.uow.read(caller, (ctx) =>
      this.adjustments.hasNotes(ctx, connection.id, remoteId),
    );
    return session.invoices?.fetch(remoteId, isNoted);
  }

  private async fetchPayment(
    caller: Caller,
    connection: Connection,
    session: ProviderSession,
    remoteId: string,
  ): Promise<RemoteSubject> {
    if (session.payments === undefined)
      return present('invoice', await session.invoices?.ofPayment?.(remoteId));
    const found = await session.payments.fetch(remoteId);
    if (!found) return { kind: 'gone', reason: 'the provider has no such payment' };
    const remote = await this.asSaved(session, found);
    const invoice =
      remote.paymentId === undefined && remote.remoteInvoiceId !== undefined
        ? await this.fetchInvoice(caller, connection, session, remote.remoteInvoiceId)
        : undefined;
    return { kind: 'payment', remote, invoice: invoice ?? undefined };
  }

  private async fetchCheckout(session: ProviderSession, remoteId: string): Promise<RemoteSubject> {
    const remote = await session.payments?.fetchCheckout(remoteId);
    if (!remote) return { kind: 'gone', reason: 'the provider has no such checkout' };
    const setup =
      remote.mode === 'setup' && remote.remoteSetupId !== undefined
        ? await this.fetchSetup(session, remote.remoteSetupId)
        : undefined;
    const payment = remote.payment && (await this.asSaved(session, remote.payment));
    return { kind: 'checkout', remote: { ...remote, payment }, setup };
  }

  /** Undefined also when the customer that it saved something for is gone, and that with it. */
  private async fetchSetup(session: ProviderSession, remoteId: string): Promise<RemoteSetup | undefined> {
    const remote = await session.payments?.fetchSetup(remoteId);
    return remote && (await this.makeDefault(session, remote)) ? remote : undefined;
  }

  /** A method is read with all that its customer has: which is the default now, it does not tell itself. */
  private async fetchMethods(
    caller: Caller,
    connection: Connection,
    session: ProviderSession,
    remoteId: string,
  ): Promise<RemoteSubject> {
    const owner = await session.payments?.fetchMethodOwner?.(remoteId);
    const remoteCustomerId =
      owner?.remoteCustomerId ??
      (await this.uow.read(caller, async (ctx) => {
        const known = await this.methods.findByRemoteId(ctx, connection.id, remoteId);
        return known && this.mappings.remoteId(ctx, connection.id, 'customer', known.customerId);
      }));
    if (!remoteCustomerId) return { kind: 'gone', reason: 'the payment method is nobody’s whom we know' };
    try {
      const methods = (await session.payments?.listMethods(remoteCustomerId)) ?? [];
      return { kind: 'methods', remoteCustomerId, methods };
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'not_found')
        return { kind: 'gone', reason: 'the customer of the payment method is gone' };
      throw error;
    }
  }

  /** The payment stands, whatever became of what was saved with it. */
  private async asSaved(session: ProviderSession, remote: RemotePayment): Promise<RemotePayment> {
    return (await this.makeDefault(session, remote)) ? remote : { ...remote, setDefault: false };
  }

  /**
   * A saved method does not become the default by itself. Setting it again to what it is does no harm. False when it is
   * gone, by itself or with its customer: asked for again, it would be as gone as now.
   */
  private async makeDefault(session: ProviderSession, saved: RemoteSetup | RemotePayment): Promise<boolean> {
    const { method, remoteCustomerId } = saved;
    if (saved.status !== 'succeeded' || saved.setDefault !== true || saved.foreign) return true;
    if (method?.remoteId === undefined || method.isDefault || remoteCustomerId === undefined) return true;
    try {
      await session.payments?.setDefaultMethod(remoteCustomerId, method.remoteId, {
        key: `${saved.remoteId}:default`,
        firstTriedAt: this.clock.now(),
        number: 1,
      });
      return true;
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'not_found') return false;
      throw error;
    }
  }
}

type Fetched = Extract<RemoteSubject, { kind: 'customer' | 'invoice' | 'setup' }>;

const present = <K extends Fetched['kind']>(
  kind: K,
  remote: Extract<Fetched, { kind: K }>['remote'] | null | undefined,
): RemoteSubject =>
  remote
    ? ({ kind, remote } as unknown as RemoteSubject)
    : { kind: 'gone', reason: `the provider has no such ${kind}` };

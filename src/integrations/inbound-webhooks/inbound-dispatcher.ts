import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { PaymentMethodsService } from '../../payments/payment-methods.service.js';
import { PaymentReversals } from '../../payments/payment-reversals.service.js';
import { PaymentReportsService } from '../../payments/payment-reports.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { PaymentReport } from '../../payments/payments.types.js';
import type { Ctx } from '../../platform/context.js';
import type {
  RemoteCheckout,
  RemoteCustomer,
  RemoteInvoice,
  RemotePayment,
  RemotePaymentMethod,
  RemoteSetup,
} from '../../providers/provider-objects.js';
import { CheckoutSessionsService } from '../checkout-sessions/checkout-sessions.service.js';
import { InboundPlans, type PlanReading } from '../catalogue/inbound-plans.service.js';
import { MappingsService } from '../mappings/mappings.service.js';
import type { EntityMapping } from '../mappings/mappings.types.js';
import { withdrawnIds } from '../mappings/withdrawn.js';
import {
  InboundSubscriptions,
  type SubscriptionReading,
} from '../subscriptions/inbound-subscriptions.service.js';
import { reportedDispute, reportedRefund } from '../sync/reported-reversals.js';
import { methodDetails, RemoteInvoicesService } from '../sync/remote-invoices.service.js';
import { HANDLED, skipped, type Dispatched } from '../outcomes/dispatched.js';
import { InboundCustomers } from '../sync/inbound-customers.js';

/** What an event speaks of, as the provider shows it now: fetched after the event came, so order does not matter. */
export type RemoteSubject =
  | { readonly kind: 'customer'; readonly remote: RemoteCustomer }
  | { readonly kind: 'customer_gone'; readonly remoteId: string }
  | { readonly kind: 'invoice'; readonly remote: RemoteInvoice }
  | { readonly kind: 'payment'; readonly remote: RemotePayment; readonly invoice: RemoteInvoice | undefined }
  | { readonly kind: 'checkout'; readonly remote: RemoteCheckout; readonly setup: RemoteSetup | undefined }
  | { readonly kind: 'setup'; readonly remote: RemoteSetup }
  | {
      readonly kind: 'methods';
      readonly remoteCustomerId: string;
      readonly methods: readonly RemotePaymentMethod[];
    }
  | { readonly kind: 'plan'; readonly reading: PlanReading }
  | { readonly kind: 'subscription'; readonly reading: SubscriptionReading }
  | { readonly kind: 'gone'; readonly reason: string };

/** Takes over what a provider shows, in one transaction. */
@Injectable()
export class InboundDispatcher {
  constructor(
    private readonly customers: InboundCustomers,
    private readonly payments: PaymentsService,
    private readonly reports: PaymentReportsService,
    private readonly reversals: PaymentReversals,
    private readonly methods: PaymentMethodsService,
    private readonly mappings: MappingsService,
    private readonly checkouts: CheckoutSessionsService,
    private readonly remoteInvoices: RemoteInvoicesService,
    private readonly plans: InboundPlans,
    private readonly subscriptions: InboundSubscriptions,
  ) {}

  dispatch(ctx: Ctx, connection: Connection, subject: RemoteSubject): Promise<Dispatched> {
    switch (subject.kind) {
      case 'customer':
        return this.customers.changed(ctx, connection, subject.remote);
      case 'customer_gone':
        return this.customers.gone(ctx, connection, subject.remoteId);
      case 'invoice':
        return this.invoice(ctx, connection, subject.remote);
      case 'payment':
        return this.payment(ctx, connection, subject.remote, subject.invoice);
      case 'checkout':
        return this.checkout(ctx, connection, subject.remote, subject.setup);
      case 'setup':
        return this.setup(ctx, connection, subject.remote);
      case 'methods':
        return this.savedMethods(ctx, connection, subject);
      case 'plan':
        return this.plans.apply(ctx, connection, subject.reading);
      case 'subscription':
        return this.subscriptions.apply(ctx, connection, subject.reading, (remote) =>
          this.customers.changed(ctx, connection, remote),
        );
      case 'gone':
        return Promise.resolve(skipped(subject.reason));
    }
  }

  private async invoice(ctx: Ctx, connection: Connection, remote: RemoteInvoice): Promise<Dispatched> {
    if (remote.foreign) return skipped('the invoice belongs to another environment');
    const { remoteId, replaces = [] } = remote;
    if (remote.status === 'draft' && replaces.length > 0)
      return skipped('the invoice is being edited there, and the edit is not final yet');
    const mapping = await this.mappingOf(ctx, connection, [remoteId, ...[...replaces].reverse()]);
    const invoiceId = mapping?.entityId ?? remote.invoiceId;
    if (invoiceId === undefined) return skipped('the invoice is none of ours');
    const reserved = mapping ?? (await this.reserved(ctx, connection, invoiceId));
    if (reserved === null) return { outcome: 'retry', reason: `invoice ${invoiceId} is not mapped yet` };
    if (withdrawnIds(reserved.metadata).includes(remoteId))
      return this.withdrawn(ctx, connection, invoiceId, remote);
    const mapped = reserved.providerEntityId;
    // A push is under way that has found it not to be what is owed any more, or was taken back.
    if (mapped === null && remote.status === 'void')
      return skipped(`${remoteId} has ended before it stood for invoice ${invoiceId}`);
    if (mapped !== null && mapped !== remoteId && !replaces.includes(mapped)) {
      const reason = `invoice ${invoiceId} is ${mapped} at the provider, not ${remoteId}`;
      // Money that nobody can place is for a person to see.
      const hasMoney = remote.payments.some(({ status }) => status === 'succeeded');
      return hasMoney ? { outcome: 'refused', reason: `${reason}, which has been paid` } : skipped(reason);
    }
    await this.remoteInvoices.apply(ctx, connection, invoiceId, remote);
    return HANDLED;
  }

  private async mappingOf(
    ctx: Ctx,
    connection: Connection,
    remoteIds: readonly string[],
  ): Promise<EntityMapping | null> {
    for (const remoteId of remoteIds) {
      const mapping = await this.mappings.findByRemoteId(ctx, connection.id, 'invoice', remoteId);
      if (mapping !== null) return mapping;
    }
    return null;
  }

  /** Locked: while this is taken over, a push may be recording that another one stands for the invoice. */
  private async reserved(ctx: Ctx, connection: Connection, invoiceId: string): Promise<EntityMapping | null> {
    const found = await this.mappings.find(ctx, connection.id, 'invoice', invoiceId);
    return found === null ? null : this.mappings.lock(ctx, found);
  }

  /** We have withdrawn it, or are about to: only money on it is news, from somebody who was quicker. */
  private async withdrawn(
    ctx: Ctx,
    connection: Connection,
    invoiceId: string,
    remote: RemoteInvoice,
  ): Promise<Dispatched> {
    if (remote.status === 'paid') await this.remoteInvoices.applyStray(ctx, connection, invoiceId, remote);
    return remote.status === 'paid' ? HANDLED : skipped(`${remote.remoteId} was withdrawn by us`);
  }

  private async payment(
    ctx: Ctx,
    connection: Connection,
    remote: RemotePayment,
    invoice: RemoteInvoice | undefined,
  ): Promise<Dispatched> {
    if (remote.foreign) return skipped('the payment belongs to another environment');
    if (remote.paymentId !== undefined) return this.ourPayment(ctx, connection, remote.paymentId, remote);
    if (invoice !== undefined) {
      const dispatched = await this.invoice(ctx, connection, invoice);
      // An invoice names its payments; what they were made with, only the payment itself tells.
      const method = methodDetails(remote.method);
      if (dispatched.outcome === 'handled' && method !== null)
        await this.reports.describeMethod(ctx, connection.id, remote.remoteId, method);
      if (dispatched.outcome === 'handled') await this.reverse(ctx, connection, remote);
      return dispatched;
    }
    return skipped('the payment names none of our payments or invoices');
  }

  private async ourPayment(
    ctx: Ctx,
    connection: Connection,
    paymentId: string,
    remote: RemotePayment,
  ): Promise<Dispatched> {
    const payment = await this.payments.find(ctx, paymentId);
    if (payment === null) return { outcome: 'retry', reason: `payment ${paymentId} is not there yet` };
    await this.mappings.assertRemoteCustomer(
      ctx,
      connection,
      payment.customerId,
      remote.remoteCustomerId,
      `payment ${paymentId}`,
    );
    await this.reports.report(ctx, paymentId, reportOf(remote));
    if (remote.status === 'succeeded' && remote.setDefault === true)
      await this.recordMethod(ctx, connection, remote);
    await this.reverse(ctx, connection, remote);
    return HANDLED;
  }

  /** What has gone back of a payment; after the payment itself, whichever of the two was told first. */
  private async reverse(
    ctx: Ctx,
    connection: Connection,
    { remoteId, reversals }: RemotePayment,
  ): Promise<void> {
    if (reversals === undefined) return;
    const of = { connectionId: connection.id, gatewayPaymentId: remoteId };
    const refunds = reversals.refunds.map(reportedRefund);
    await this.reversals.report(ctx, of, refunds, reversals.disputes.map(reportedDispute));
  }

  private async checkout(
    ctx: Ctx,
    connection: Connection,
    remote: RemoteCheckout,
    setup: RemoteSetup | undefined,
  ): Promise<Dispatched> {
    if (remote.foreign) return skipped('the checkout belongs to another environment');
    await this.checkouts.recordRemote(ctx, connection.id, remote);
    if (remote.mode === 'setup')
      return setup === undefined ? skipped('nothing was saved') : this.setup(ctx, connection, setup);
    if (remote.paymentId === undefined) return skipped('the checkout names none of our payments');
    if (remote.payment !== undefined)
      return this.ourPayment(ctx, connection, remote.paymentId, remote.payment);
    if (remote.status !== 'expired') return HANDLED;
    await this.reports.report(ctx, remote.paymentId, {
      status: 'FAILED',
      error: { code: 'checkout_expired', message: 'the payment page expired before it was paid' },
    });
    return HANDLED;
  }

  private async setup(ctx: Ctx, connection: Connection, remote: RemoteSetup): Promise<Dispatched> {
    if (remote.foreign) return skipped('the set-up belongs to another environment');
    if (remote.status !== 'succeeded' || remote.method?.remoteId === undefined)
      return skipped(`the set-up is ${remote.status}`);
    return (await this.recordMethod(ctx, connection, remote))
      ? HANDLED
      : skipped('the customer of the set-up is none of ours');
  }

  /** All that a customer has saved there, and nothing else, is what it has here. */
  private async savedMethods(
    ctx: Ctx,
    connection: Connection,
    { remoteCustomerId, methods }: Extract<RemoteSubject, { kind: 'methods' }>,
  ): Promise<Dispatched> {
    const customer = await this.mappings.findByRemoteId(ctx, connection.id, 'customer', remoteCustomerId);
    if (customer === null) return skipped('the customer of the payment method is none of ours');
    const owner = { customerId: customer.entityId, connectionId: connection.id };
    const changed = await this.methods.mirror(
      ctx,
      owner,
      methods.flatMap(({ remoteId, ...method }) =>
        remoteId === undefined
          ? []
          : {
              ...owner,
              providerMethodId: remoteId,
              type: method.type,
              brand: method.brand ?? null,
              last4: method.last4 ?? null,
              expiryMonth: method.expiryMonth ?? null,
              expiryYear: method.expiryYear ?? null,
              isDefault: method.isDefault,
            },
      ),
    );
    return changed ? HANDLED : skipped('nothing of the saved methods has changed');
  }

  /** What was saved with a set-up or a payment. False when it is nobody's whom we know. */
  private async recordMethod(
    ctx: Ctx,
    connection: Connection,
    { method, remoteCustomerId, setDefault }: RemoteSetup | RemotePayment,
  ): Promise<boolean> {
    if (method?.remoteId === undefined || remoteCustomerId === undefined) return false;
    const customer = await this.mappings.findByRemoteId(ctx, connection.id, 'customer', remoteCustomerId);
    if (customer === null) return false;
    await this.methods.record(ctx, {
      customerId: customer.entityId,
      connectionId: connection.id,
      providerMethodId: method.remoteId,
      type: method.type,
      brand: method.brand ?? null,
      last4: method.last4 ?? null,
      expiryMonth: method.expiryMonth ?? null,
      expiryYear: method.expiryYear ?? null,
      isDefault: setDefault === true || method.isDefault,
    });
    return true;
  }
}

const STATUS: Readonly<Record<RemotePayment['status'], PaymentReport['status']>> = {
  pending: 'PENDING',
  processing: 'PROCESSING',
  requires_action: 'PENDING',
  succeeded: 'SUCCEEDED',
  failed: 'FAILED',
  canceled: 'FAILED',
};

/** A payment at the provider as a report on ours. An unknown remote status has become `pending` in the adapter. */
export const reportOf = (remote: RemotePayment): PaymentReport => ({
  status: STATUS[remote.status],
  gatewayPaymentId: remote.remoteId,
  method: methodDetails(remote.method) ?? undefined,
  paidAt: remote.paidAt,
  amount: remote.status === 'succeeded' ? remote.amount : undefined,
  error:
    remote.decline === undefined ? undefined : { code: remote.decline.code, message: remote.decline.message },
});

import { Injectable } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { assertNever } from '../../domain/assert-never.js';
import { toCustomerResponse } from '../customers/customers.responses.js';
import { CustomersService } from '../../customers/customers.service.js';
import { BillingError } from '../../domain/errors.js';
import { InvoicesQueries } from '../invoices/invoices.queries.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import { CreditNotesQueries } from '../creditnotes/credit-notes.queries.js';
import { CreditNotesService } from '../../payments/credit-notes.service.js';
import { PaymentsQueries } from '../payments/payments.queries.js';
import type { Ctx } from '../../platform/context.js';
import { queryPrepared } from '../../platform/database/prepared.js';
import { SubscriptionsQueries } from '../subscriptions/subscriptions.queries.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { WalletsQueries } from '../wallets/wallets.queries.js';
import { toWalletResponse } from '../wallets/wallets.responses.js';
import { WalletsService } from '../../wallets/wallets.service.js';
import { EventBodies, type PublicEvent, type SendableEvent } from '../../notifications/event-bodies.types.js';
import { namesOf, paymentEvent, type WebhookEventType } from '../../notifications/webhook-events.types.js';

/** More lines than this are left out: receivers limit what they read, and a body of megabytes is refused by most. */
const MOST_LINES = 250;

/** In the provider's words, or in ours. */
const REASON = `SELECT reason FROM sync_operations WHERE id = $1`;

/** The body of an outbound webhook: the subject of the event as the API shows it when the message is written. */
@Injectable()
export class ApiEventBodies extends EventBodies {
  constructor(
    private readonly connections: ConnectionsService,
    private readonly customers: CustomersService,
    private readonly wallets: WalletsService,
    private readonly walletQueries: WalletsQueries,
    private readonly subscriptions: SubscriptionsService,
    private readonly subscriptionQueries: SubscriptionsQueries,
    private readonly invoices: InvoicesService,
    private readonly invoiceQueries: InvoicesQueries,
    private readonly paymentQueries: PaymentsQueries,
    private readonly creditNotes: CreditNotesService,
    private readonly creditNoteQueries: CreditNotesQueries,
  ) {
    super();
  }

  override async render(ctx: Ctx, event: SendableEvent): Promise<PublicEvent | undefined> {
    try {
      return await this.publicEvent(ctx, event);
    } catch (error) {
      if (error instanceof BillingError && error.kind === 'not_found') return undefined;
      throw error;
    }
  }

  private async publicEvent(ctx: Ctx, event: SendableEvent): Promise<PublicEvent | undefined> {
    const { entityId } = event;
    const [type] = namesOf(event.type);
    if (type === undefined) return undefined;
    if (isSync(event)) {
      const { entityType, payload } = event;
      const operation = [payload.operation_id];
      const [found] = await queryPrepared<{ reason: string | null }>(ctx.em, REASON, operation);
      const integration = {
        entity_type: entityType,
        entity_id: entityId,
        ...payload,
        reason: found?.reason ?? null,
      };
      return { type, subject: { integration } };
    }
    switch (event.entityType) {
      case 'customer': {
        const customer = await this.customers.get(ctx, entityId);
        return { type, subject: { customer: toCustomerResponse(customer) } };
      }
      case 'subscription':
        return this.ofSubscription(ctx, entityId, type);
      case 'invoice':
        return { type, subject: { invoice: await this.invoiceOf(ctx, entityId) } };
      case 'payment':
        return {
          type: event.type === 'payment.changed' ? paymentEvent(event.payload.status) : type,
          subject: { payment: await this.paymentQueries.showOne(ctx, entityId) },
        };
      case 'credit_note': {
        const note = await this.creditNotes.get(ctx, entityId);
        return { type, subject: { credit_note: await this.creditNoteQueries.showOne(ctx, note) } };
      }
      case 'wallet':
        return { type, subject: await this.walletSubject(ctx, event) };
      case 'connection':
        return this.ofConnection(ctx, entityId, type);
      default:
        return assertNever(event);
    }
  }

  private async ofSubscription(ctx: Ctx, id: string, type: WebhookEventType): Promise<PublicEvent> {
    const row = await this.subscriptions.get(ctx, id);
    const [subscription] = await this.subscriptionQueries.show(ctx, [row]);
    const isDraft = type === 'subscription.created' && row.subscriptionStatus === 'draft';
    return { type: isDraft ? 'subscription.draft.created' : type, subject: { subscription } };
  }

  private async invoiceOf(ctx: Ctx, id: string): Promise<object> {
    const invoice = await this.invoiceQueries.showOne(ctx, await this.invoices.get(ctx, id));
    return (invoice.line_items?.length ?? 0) <= MOST_LINES
      ? invoice
      : { ...invoice, line_items: null, line_items_omitted: true };
  }

  private async walletSubject(
    ctx: Ctx,
    event: SendableEvent & { readonly entityType: 'wallet' },
  ): Promise<PublicEvent['subject']> {
    const wallet = toWalletResponse(await this.wallets.get(ctx, event.entityId));
    if (event.type !== 'wallet.credited' && event.type !== 'wallet.debited') return { wallet };
    const transaction = await this.walletQueries.transaction(ctx, event.payload.transaction_id);
    return { transaction: { ...transaction, wallet } };
  }

  private async ofConnection(ctx: Ctx, id: string, type: WebhookEventType): Promise<PublicEvent | undefined> {
    const connection = await this.connections.find(ctx, id);
    if (connection === null) return undefined;
    const { name, provider, connectionState, pausedReason } = connection;
    return {
      type,
      subject: { connection: { id, name, provider, state: connectionState, paused_reason: pausedReason } },
    };
  }
}

const isSync = (event: SendableEvent): event is Extract<SendableEvent, { type: `integration.${string}` }> =>
  event.type.startsWith('integration.');

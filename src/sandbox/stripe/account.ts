import type { SandboxClock } from '../core/clock.js';
import type { SandboxClocks } from '../core/clocks.js';
import { newId } from '../core/ids.js';
import type { InvoiceNotes, MethodBehaviour, PriceNotes, SessionPlan } from './notes.js';
import type {
  BalanceEntry,
  Charge,
  CreditNote,
  Customer,
  Dispute,
  Invoice,
  InvoiceItem,
  InvoiceLine,
  InvoicePayment,
  PaymentIntent,
  PaymentMethod,
  PaymentRecord,
  Price,
  Product,
  Refund,
  Session,
  SetupIntent,
  StripeEvent,
  StripeObject,
  Subscription,
  WebhookEndpoint,
} from './objects.js';
import { Collection } from './store.js';

/** One Stripe account in one mode, with everything in it. */
export class Account {
  readonly id = newId('acct_', 16);
  readonly created: number;
  /** Keys that open it. */
  readonly keys = new Set<string>();

  readonly customers = new Collection<Customer>({ searchable: true });
  readonly products = new Collection<Product>({ searchable: true });
  readonly prices = new Collection<Price>({ searchable: true });
  readonly meters = new Collection<StripeObject>();
  readonly invoices = new Collection<Invoice>({ searchable: true, keys: { number: ({ number }) => number } });
  readonly invoiceItems = new Collection<InvoiceItem>();
  readonly invoicePayments = new Collection<InvoicePayment>({
    keys: { invoice: ({ invoice }) => invoice, intent: ({ payment }) => payment.payment_intent },
  });
  readonly paymentMethods = new Collection<PaymentMethod>();
  readonly paymentIntents = new Collection<PaymentIntent>({ searchable: true });
  readonly paymentRecords = new Collection<PaymentRecord>();
  readonly setupIntents = new Collection<SetupIntent>();
  readonly charges = new Collection<Charge>();
  readonly refunds = new Collection<Refund>();
  readonly disputes = new Collection<Dispute>();
  readonly creditNotes = new Collection<CreditNote>();
  readonly balanceEntries = new Collection<BalanceEntry>();
  readonly sessions = new Collection<Session>({
    keys: { intent: ({ payment_intent: intent }) => intent, setup: ({ setup_intent: setup }) => setup },
  });
  readonly subscriptions = new Collection<Subscription>({ searchable: true });
  readonly events = new Collection<StripeEvent>();
  readonly webhookEndpoints = new Collection<WebhookEndpoint>();

  /** What belongs to an object but never goes over the wire with it, by the object's id. */
  readonly behaviours = new Map<string, MethodBehaviour>();
  readonly invoiceLines = new Map<string, InvoiceLine[]>();
  readonly invoiceNotes = new Map<string, InvoiceNotes>();
  readonly priceNotes = new Map<string, PriceNotes>();
  readonly sessionPlans = new Map<string, SessionPlan>();
  readonly endpointSecrets = new Map<string, string>();
  readonly deletedIds = new Set<string>();

  readonly clock: SandboxClock;

  constructor(
    readonly livemode: boolean,
    clocks: SandboxClocks,
  ) {
    this.clock = clocks.of(this.id);
    this.created = this.clock.seconds();
  }

  /** It stays, under its id and its keys, with nothing in it. */
  clear(): void {
    for (const collection of Object.values(this.collections())) collection.clear();
    for (const notes of [
      this.behaviours,
      this.invoiceLines,
      this.invoiceNotes,
      this.priceNotes,
      this.sessionPlans,
      this.endpointSecrets,
      this.deletedIds,
    ])
      notes.clear();
  }

  collections(): Readonly<Record<string, Collection<StripeObject>>> {
    const all = {
      customers: this.customers,
      products: this.products,
      prices: this.prices,
      meters: this.meters,
      invoices: this.invoices,
      invoiceitems: this.invoiceItems,
      invoice_payments: this.invoicePayments,
      payment_methods: this.paymentMethods,
      payment_intents: this.paymentIntents,
      payment_records: this.paymentRecords,
      setup_intents: this.setupIntents,
      charges: this.charges,
      refunds: this.refunds,
      disputes: this.disputes,
      credit_notes: this.creditNotes,
      customer_balance_transactions: this.balanceEntries,
      checkout_sessions: this.sessions,
      subscriptions: this.subscriptions,
      events: this.events,
      webhook_endpoints: this.webhookEndpoints,
    };
    return all;
  }

  find(id: string): StripeObject | undefined {
    for (const collection of Object.values(this.collections())) {
      const found = collection.get(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

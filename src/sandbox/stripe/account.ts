import { newId } from '../core/ids.js';
import type { InvoiceNotes, MethodBehaviour, PriceNotes, SessionPlan } from './notes.js';
import type {
  Charge,
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

  customers = new Collection<Customer>({ searchable: true });
  products = new Collection<Product>({ searchable: true });
  prices = new Collection<Price>({ searchable: true });
  meters = new Collection<StripeObject>();
  invoices = new Collection<Invoice>({ searchable: true });
  invoiceItems = new Collection<InvoiceItem>();
  invoicePayments = new Collection<InvoicePayment>();
  paymentMethods = new Collection<PaymentMethod>();
  paymentIntents = new Collection<PaymentIntent>({ searchable: true });
  paymentRecords = new Collection<PaymentRecord>();
  setupIntents = new Collection<SetupIntent>();
  charges = new Collection<Charge>();
  refunds = new Collection<Refund>();
  disputes = new Collection<Dispute>();
  sessions = new Collection<Session>();
  subscriptions = new Collection<Subscription>({ searchable: true });
  events = new Collection<StripeEvent>();
  webhookEndpoints = new Collection<WebhookEndpoint>();

  /** What belongs to an object but never goes over the wire with it, by the object's id. */
  behaviours = new Map<string, MethodBehaviour>();
  invoiceLines = new Map<string, InvoiceLine[]>();
  invoiceNotes = new Map<string, InvoiceNotes>();
  priceNotes = new Map<string, PriceNotes>();
  sessionPlans = new Map<string, SessionPlan>();
  endpointSecrets = new Map<string, string>();
  deletedIds = new Set<string>();

  constructor(
    readonly livemode: boolean,
    now: number,
  ) {
    this.created = now;
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

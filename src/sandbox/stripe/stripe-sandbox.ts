import type { FastifyInstance } from 'fastify';
import { addControlRoutes, bodyOf, ControlError, required } from '../core/control-routes.js';
import { Controls, type AccountSummary, type ControlOptions } from '../core/controls.js';
import { Exchange } from '../core/exchange.js';
import type { SchemaViolation } from '../core/schemas.js';
import { listen, newServer } from '../core/server.js';
import { methodByNumber } from '../core/test-cards.js';
import type { Account } from './account.js';
import { Accounts } from './accounts.js';
import { settleDebit } from './charging.js';
import { sessionListener } from './checkout-completion.js';
import type { Ctx, World } from './context.js';
import { openDispute, preventDispute } from './disputes.js';
import { resend } from './events.js';
import { invoiceListener } from './invoice-collection.js';
import { addCheckoutPage } from './pages/checkout-page.js';
import { addIndexPage } from './pages/index-page.js';
import { addIntentPages } from './pages/intent-pages.js';
import { addInvoicePage } from './pages/invoice-page.js';
import { StripeProvider } from './provider.js';
import { refundCharge } from './refunds.js';
import { stripeRoutes } from './routes.js';
import { DEFAULT_SETTINGS, STRIPE_RATE_LIMITS, type StripeSettings } from './settings.js';
import { subscriptionListener } from './subscription-cycle.js';
import { WireCheck } from './wire-check.js';

/** Stripe, played: its API, its hosted pages, its webhooks, and the strings that a test may pull. */
export class StripeSandbox extends Controls {
  readonly #settings: StripeSettings;
  readonly #accounts: Accounts;
  readonly #world: World;
  readonly #server: FastifyInstance;
  #url = '';
  #pagesUrl: string | undefined;

  constructor(
    options: Omit<ControlOptions, 'realisticRateLimits'>,
    settings: Partial<StripeSettings>,
    pagesUrl?: string,
  ) {
    super({ ...options, realisticRateLimits: STRIPE_RATE_LIMITS });
    this.#settings = { ...DEFAULT_SETTINGS, ...settings };
    this.#accounts = new Accounts(this.clocks);
    this.#pagesUrl = pagesUrl;
    this.#world = {
      settings: this.#settings,
      clocks: this.clocks,
      courier: this.courier,
      wireCheck: new WireCheck(this.#settings),
      pagesUrl: () => this.#pagesUrl ?? this.#url,
      paymentListeners: [invoiceListener, subscriptionListener, sessionListener],
    };
    this.#server = this.#build(options.onFailure);
  }

  /** Origin of the API: what goes into the SDK's `host`, `port` and `protocol`. */
  get url(): string {
    return this.#url;
  }

  async start(host: string, port: number): Promise<void> {
    this.#world.wireCheck.warmUp();
    this.#url = await listen(this.#server, host, port);
  }

  async stop(): Promise<void> {
    this.clocks.stop();
    this.courier.stop();
    await this.#server.close();
  }

  /** Ends a bank debit that is in processing, without waiting for the clock. */
  settlePayment(intentId: string, result: 'succeeded' | 'failed'): void {
    for (const account of this.#accounts.all()) {
      const intent = account.paymentIntents.get(intentId);
      if (intent === undefined) continue;
      if (intent.status !== 'processing') throw new ControlError(`${intentId} is ${intent.status}`);
      settleDebit(this.#ctx(account), intent, result);
      return;
    }
    throw new ControlError(`There is no payment ${intentId}`);
  }

  /** The bank of whoever made a payment takes it back. Answers the dispute's id. */
  openDispute(intentId: string, reason = 'fraudulent'): string {
    for (const account of this.#accounts.all()) {
      const intent = account.paymentIntents.get(intentId);
      const charge = account.charges.get(intent?.latest_charge ?? '');
      if (charge?.paid === true)
        return openDispute(this.#ctx(account), charge, { inquiry: false, reason }).id;
    }
    throw new ControlError(`There is no payment ${intentId} that has succeeded`);
  }

  /** The bank's customer got the money back before any ruling. Answers the dispute's id. */
  preventDispute(intentId: string, reason = 'fraudulent'): string {
    for (const account of this.#accounts.all()) {
      const intent = account.paymentIntents.get(intentId);
      const charge = account.charges.get(intent?.latest_charge ?? '');
      if (charge?.paid !== true) continue;
      const ctx = this.#ctx(account);
      const { id } = preventDispute(ctx, charge, reason);
      if (this.#settings.preventedBy === 'refund')
        refundCharge(ctx, charge, undefined, { reason: null, metadata: {} });
      return id;
    }
    throw new ControlError(`There is no payment ${intentId} that has succeeded`);
  }

  /** Takes permissions off a key, as of a restricted one: `rak_credit_note_read`. With none, it may do everything. */
  restrictKey(key: string, permissions: readonly string[]): void {
    this.#accounts.restrict(key, permissions);
  }

  /** From now on a saved method behaves like another test card: it has expired, or its limit is reached. */
  changeCard(methodId: string, cardNumber: string): void {
    const method = methodByNumber(cardNumber);
    if (method === undefined) throw new ControlError(`${cardNumber} is no test method`);
    for (const account of this.#accounts.all()) {
      const behaviour = account.behaviours.get(methodId);
      if (behaviour === undefined) continue;
      if (behaviour.method.kind !== method.kind) throw new ControlError('A card stays a card');
      behaviour.method = method;
      return;
    }
    throw new ControlError(`There is no payment method ${methodId}`);
  }

  override resend(eventId: string): number {
    for (const account of this.#accounts.all()) {
      const event = account.events.get(eventId);
      if (event !== undefined) return resend(this.#ctx(account), event);
    }
    throw new ControlError(`There is no event ${eventId}`);
  }

  override accounts(): AccountSummary[] {
    return this.#accounts.all().map((account) => ({
      id: account.id,
      keys: [...account.keys],
      livemode: account.livemode,
      objects: Object.fromEntries(
        Object.entries(account.collections()).map(([kind, collection]) => [kind, collection.size]),
      ),
    }));
  }

  override revokeKey(key: string): void {
    this.#accounts.revoke(key);
  }

  override attachKey(key: string, account: string): void {
    this.#accounts.attach(key, this.#account(account));
  }

  override objects(kind: string, account?: string): unknown[] {
    const accounts = account === undefined ? this.#accounts.all() : [this.#account(account)];
    return accounts.flatMap((owner) => {
      const collection = owner.collections()[kind];
      if (collection === undefined) throw new ControlError(`There are no ${kind}`);
      return structuredClone(collection.values());
    });
  }

  override schemaViolations(): SchemaViolation[] {
    return this.#world.wireCheck.violations();
  }

  override clearSchemaViolations(): void {
    this.#world.wireCheck.clear();
  }

  override settings(): Readonly<Record<string, unknown>> {
    return { ...this.#settings };
  }

  override configure(settings: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(settings)) {
      const current = (this.#settings as unknown as Record<string, unknown>)[name];
      if (current === undefined || typeof current !== typeof value) {
        throw new ControlError(`"${name}" is not a setting, or not of this type`);
      }
    }
    Object.assign(this.#settings, settings);
  }

  protected override resolveAccount(name: string): string {
    return this.#account(name).id;
  }

  protected override resetAccounts(account: string | undefined): void {
    const accounts = account === undefined ? this.#accounts.all() : [this.#account(account)];
    for (const owner of accounts) owner.clear();
  }

  #account(name: string): Account {
    const account = this.#accounts.find(name);
    if (account === undefined) throw new ControlError(`${name} is neither an account nor a key`);
    return account;
  }

  #ctx(account: Account): Ctx {
    return { world: this.#world, account, request: null };
  }

  #build(onFailure: ControlOptions['onFailure']): FastifyInstance {
    const server = newServer(onFailure);
    const provider = new StripeProvider(this.#world, this.#accounts, stripeRoutes, onFailure);
    const exchange = new Exchange(this.desk, provider);
    for (const { method, url } of stripeRoutes) {
      server.route({ method, url, handler: async (request, reply) => exchange.handle(request, reply) });
    }
    server.setNotFoundHandler(async (request, reply) => exchange.handle(request, reply));
    const host = { world: this.#world, accounts: () => this.#accounts.all() };
    addCheckoutPage(server, host);
    addInvoicePage(server, host);
    addIntentPages(server, host);
    addIndexPage(server, host, this);
    addControlRoutes(server, this);
    server.post('/_sandbox/payments/settle', (request) => {
      const body = bodyOf(request.body);
      const result = required(body, 'result');
      if (result !== 'succeeded' && result !== 'failed')
        throw new ControlError('"result" is succeeded or failed');
      this.settlePayment(required(body, 'payment_intent'), result);
      return { ok: true };
    });
    server.post('/_sandbox/payments/dispute', (request) => {
      const body = bodyOf(request.body);
      return { dispute: this.openDispute(required(body, 'payment_intent')) };
    });
    server.post('/_sandbox/payments/prevent_dispute', (request) => {
      const body = bodyOf(request.body);
      return { dispute: this.preventDispute(required(body, 'payment_intent')) };
    });
    server.post('/_sandbox/keys/restrict', (request) => {
      const body = bodyOf(request.body);
      const permissions = Array.isArray(body.permissions) ? (body.permissions as string[]) : [];
      this.restrictKey(required(body, 'key'), permissions);
      return { ok: true };
    });
    server.post('/_sandbox/payment_methods/change_card', (request) => {
      const body = bodyOf(request.body);
      this.changeCard(required(body, 'payment_method'), required(body, 'card_number'));
      return { ok: true };
    });
    return server;
  }
}

import type { FastifyInstance } from 'fastify';
import { addControlRoutes, bodyOf, ControlError, required } from '../core/control-routes.js';
import { Controls, type AccountSummary, type ControlOptions } from '../core/controls.js';
import { Exchange } from '../core/exchange.js';
import type { SchemaViolation } from '../core/schemas.js';
import { listen, newServer } from '../core/server.js';
import { type Account, Accounts } from './account.js';
import type { Ctx, World } from './context.js';
import { disputeRoutes, moveDispute, openDispute } from './disputes.js';
import { invoiceRoutes } from './invoice-routes.js';
import { showInvoice } from './invoices.js';
import { envelopeOf, resend } from './messages.js';
import { DISPUTE_STATUSES, type DisputeStatus, type Payment, type RefundStatus } from './objects.js';
import { addCheckoutPage, addIndexPage } from './pages.js';
import { paymentRoutes } from './payment-routes.js';
import { showPayment } from './payment-view.js';
import { settlePayment } from './payments.js';
import { planRoutes, showPlan } from './plans.js';
import { productRoutes, showProduct } from './products.js';
import { WhopProvider } from './provider.js';
import { refundRoutes, settleRefund } from './refunds.js';
import { DEFAULT_SETTINGS, WHOP_RATE_LIMITS, type WhopSettings } from './settings.js';
import { hear, showWebhook, webhookRoutes } from './webhooks.js';
import { WireCheck } from './wire-check.js';

const BASE = '/api/v1';

/** Whop, played: its API at two of its dates, its checkout page, its webhooks, and the strings of a test. */
export class WhopSandbox extends Controls {
  readonly #settings: WhopSettings;
  readonly #world: World;
  readonly #server: FastifyInstance;
  readonly #pagesUrl: string | undefined;
  #origin = '';

  constructor(
    options: Omit<ControlOptions, 'realisticRateLimits'>,
    settings: Partial<WhopSettings>,
    pagesUrl?: string,
  ) {
    super({ ...options, realisticRateLimits: WHOP_RATE_LIMITS });
    this.#settings = { ...DEFAULT_SETTINGS, ...settings };
    this.#pagesUrl = pagesUrl;
    this.#world = {
      settings: this.#settings,
      clocks: this.clocks,
      courier: this.courier,
      wireCheck: new WireCheck(this.#settings),
      accounts: new Accounts(this.clocks),
      pagesUrl: () => this.pagesUrl,
    };
    this.courier.onAttempt = (heard) => {
      const account = this.#world.accounts.find(heard.account);
      if (account !== undefined) hear(this.#ctx(account), heard);
    };
    this.#server = this.#build(options.onFailure);
  }

  /** Base URL of the API, /api/v1 included. */
  get url(): string {
    return `${this.#origin}${BASE}`;
  }

  /** Origin of the hosted pages and of the control routes. */
  get origin(): string {
    return this.#origin;
  }

  get pagesUrl(): string {
    return this.#pagesUrl ?? this.#origin;
  }

  async start(host: string, port: number): Promise<void> {
    this.#origin = await listen(this.#server, host, port);
  }

  async stop(): Promise<void> {
    this.clocks.stop();
    this.courier.stop();
    await this.#server.close();
  }

  /** The company is the account's, whoever has used it first. */
  assignCompany(company: string, account: string): void {
    this.#world.accounts.assign(company, this.#account(account));
  }

  /** Ends a bank debit that is in processing, without waiting for the clock. */
  settlePayment(paymentId: string, result: 'succeeded' | 'failed'): void {
    const { ctx, payment } = this.#payment(paymentId);
    if (payment.status !== 'pending') throw new ControlError(`${paymentId} is ${payment.substatus}`);
    settlePayment(ctx, payment, result);
  }

  /** The processor decides on a refund. */
  settleRefund(refundId: string, status: RefundStatus): void {
    for (const account of this.#world.accounts.all())
      for (const payment of account.payments.values()) {
        const refund = payment.refunds.find(({ id }) => id === refundId);
        if (refund !== undefined) return settleRefund(this.#ctx(account), payment, refund, status);
      }
    throw new ControlError(`There is no refund ${refundId}`);
  }

  /** A bank disputes a payment, or decides on the dispute that there is. Answers its id. */
  dispute(paymentId: string, status: DisputeStatus, amount?: number): string {
    const { ctx, payment } = this.#payment(paymentId);
    const known = [...ctx.account.disputes.values()].find((one) => one.paymentId === paymentId);
    if (known === undefined) return openDispute(ctx, payment, status, amount).id;
    moveDispute(ctx, known, status);
    return known.id;
  }

  #payment(id: string): { readonly ctx: Ctx; readonly payment: Payment } {
    for (const account of this.#world.accounts.all()) {
      const payment = account.payments.get(id);
      if (payment !== undefined) return { ctx: this.#ctx(account), payment };
    }
    throw new ControlError(`There is no payment ${id}`);
  }

  #ctx(account: Account): Ctx {
    return { world: this.#world, account, newest: true };
  }

  override resend(eventId: string): number {
    for (const account of this.#world.accounts.all()) {
      const message = account.messages.get(eventId);
      if (message !== undefined) return resend(this.#ctx(account), message);
    }
    throw new ControlError(`There is no message ${eventId}`);
  }

  override accounts(): AccountSummary[] {
    return this.#world.accounts.all().map((account) => ({
      id: account.id,
      keys: [...account.keys],
      companies: [...account.companies],
      livemode: false,
      objects: Object.fromEntries(
        Object.entries(account.collections()).map(([kind, collection]) => [kind, collection.size]),
      ),
    }));
  }

  override revokeKey(key: string): void {
    this.#world.accounts.revoke(key);
  }

  override attachKey(key: string, account: string): void {
    this.#world.accounts.attach(key, this.#account(account));
  }

  override objects(kind: string, account?: string): unknown[] {
    const accounts = account === undefined ? this.#world.accounts.all() : [this.#account(account)];
    return accounts.flatMap((owner) => shownObjects(this.#ctx(owner), kind));
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
    const accounts = account === undefined ? this.#world.accounts.all() : [this.#account(account)];
    for (const owner of accounts) owner.clear();
  }

  #account(name: string): Account {
    const account = this.#world.accounts.find(name);
    if (account === undefined) throw new ControlError(`${name} is neither an account, a key nor a company`);
    return account;
  }

  #build(onFailure: ControlOptions['onFailure']): FastifyInstance {
    const server = newServer(onFailure);
    const routes = [
      ...invoiceRoutes,
      ...paymentRoutes,
      ...refundRoutes,
      ...disputeRoutes,
      ...planRoutes,
      ...productRoutes,
      ...webhookRoutes,
    ];
    const exchange = new Exchange(this.desk, new WhopProvider(this.#world, BASE, routes, onFailure));
    for (const { method, url } of routes) {
      server.route({
        method,
        url: `${BASE}${url}`,
        handler: async (request, reply) => exchange.handle(request, reply),
      });
    }
    server.setNotFoundHandler(async (request, reply) => exchange.handle(request, reply));
    addCheckoutPage(server, this.#world);
    addIndexPage(server, this.#world, this);
    addControlRoutes(server, this);
    server.post('/_sandbox/companies/assign', (request) => {
      const body = bodyOf(request.body);
      this.assignCompany(required(body, 'company'), required(body, 'account'));
      return { ok: true };
    });
    server.post('/_sandbox/payments/settle', (request) => {
      const body = bodyOf(request.body);
      const result = required(body, 'result');
      if (result !== 'succeeded' && result !== 'failed')
        throw new ControlError('"result" is succeeded or failed');
      this.settlePayment(required(body, 'payment'), result);
      return { ok: true };
    });
    server.post('/_sandbox/refunds/settle', (request) => {
      const body = bodyOf(request.body);
      const status = required(body, 'status');
      if (status !== 'succeeded' && status !== 'failed' && status !== 'canceled')
        throw new ControlError('"status" is succeeded, failed or canceled');
      this.settleRefund(required(body, 'refund'), status);
      return { ok: true };
    });
    server.post('/_sandbox/disputes', (request) => {
      const body = bodyOf(request.body);
      const status = DISPUTE_STATUSES.find((one) => one === body.status);
      if (status === undefined) throw new ControlError(`"status" is one of ${DISPUTE_STATUSES.join(', ')}`);
      const amount = typeof body.amount === 'number' ? body.amount : undefined;
      return { dispute: this.dispute(required(body, 'payment'), status, amount) };
    });
    return server;
  }
}

function shownObjects(ctx: Ctx, kind: string): unknown[] {
  const { invoices, members, messages, payments, plans, products, webhooks } = ctx.account;
  switch (kind) {
    case 'invoices':
      return [...invoices.values()].map((invoice) => showInvoice(ctx, invoice));
    case 'members':
      return [...members.values()].map(({ id, user, methods }) => ({
        id,
        user,
        payment_methods: [...methods.keys()],
      }));
    case 'messages':
      return [...messages.values()].map((message) => structuredClone(envelopeOf(message, null)));
    case 'payments':
      return [...payments.values()].map((payment) => showPayment(ctx, payment));
    case 'plans':
      return [...plans.values()].map((plan) => showPlan(ctx, plan));
    case 'products':
      return [...products.values()].map((product) => showProduct(ctx, product));
    case 'webhooks':
      return [...webhooks.values()].map((webhook) => showWebhook(ctx, webhook));
    default:
      throw new ControlError(`There are no ${kind}`);
  }
}

import { money, type Money } from '../domain/money.js';
import type { ProviderCall, ProviderRuntime } from '../providers/provider-adapter.js';
import { ProviderError, type ProviderErrorKind } from '../providers/provider-error.js';
import type {
  Decline,
  InvoicePush,
  PostalAddress,
  RemoteInvoiceStatus,
} from '../providers/provider-objects.js';
import type { PriceFacts } from '../providers/provider-catalogue.js';
import type { Period } from '../domain/period.js';
import type { Mishap } from './harness.js';

type Behaviour = 'succeeds' | 'declines' | 'asks_for_authentication';

/** What our side has written on an object, to know it again. */
export interface Mark {
  readonly id: string;
  readonly environmentId: string;
}

export interface FakeCustomer {
  readonly id: string;
  mark: Mark | undefined;
  externalId: string | undefined;
  name: string;
  email: string | undefined;
  phone: string | undefined;
  address: PostalAddress | undefined;
  deleted: boolean;
  adopted: boolean;
  defaultMethod: string | undefined;
  readonly methods: Map<string, Behaviour>;
}

export interface FakeInvoice {
  readonly id: string;
  readonly mark: Mark;
  readonly customer: string;
  readonly total: Money;
  status: RemoteInvoiceStatus | 'simmering';
  collected: { readonly id: string; readonly at: Date } | undefined;
  decline: Decline | undefined;
  /** Settled away from here. */
  settledPart: bigint;
  settledAt: Date | undefined;
}

export interface FakePayment {
  readonly id: string;
  readonly mark: Mark;
  readonly attempt: string;
  readonly customer: string;
  readonly amount: Money;
  readonly at: Date;
  readonly decline: Decline | undefined;
  readonly setDefault: boolean;
}

export interface FakeRefund {
  readonly id: string;
  readonly mark: Mark;
  readonly payment: string;
  readonly amount: Money;
}

export interface FakePage {
  readonly id: string;
  readonly mark: Mark;
  readonly attempt: string;
  readonly mode: 'payment' | 'setup';
  readonly customer: string;
  readonly amount: Money | undefined;
  readonly setDefault: boolean;
  readonly createdAt: Date;
  status: 'open' | 'complete' | 'expired';
  payment: string | undefined;
  method: string | undefined;
}

export interface FakePrice {
  readonly id: string;
  readonly mark: Mark | undefined;
  readonly facts: PriceFacts;
  readonly createdAt: Date;
  active: boolean;
  name: string | undefined;
}

export interface FakePlan {
  readonly id: string;
  readonly mark: Mark | undefined;
  readonly prices: FakePrice[];
  name: string;
  description: string | undefined;
  active: boolean;
}

export interface FakeSubscription {
  readonly id: string;
  readonly customer: string;
  readonly plan: FakePlan;
  readonly period: Period;
  quantity: string;
  cancelAt: Date | undefined;
  cancelAtPeriodEnd: boolean;
  paused: { readonly resumesAt: Date | undefined } | undefined;
  endedAt: Date | undefined;
}

const DECLINES: Readonly<Record<Exclude<Behaviour, 'succeeds'> | 'none', string>> = {
  declines: 'card_declined',
  asks_for_authentication: 'authentication_required',
  none: 'no_default_payment_method',
};

/** One account at the fake provider: what a server would keep, and the road to it with all that can go wrong. */
export class FakeAccount {
  readonly customers = new Map<string, FakeCustomer>();
  readonly invoices = new Map<string, FakeInvoice>();
  readonly payments = new Map<string, FakePayment>();
  readonly refunds = new Map<string, FakeRefund>();
  readonly pages = new Map<string, FakePage>();
  readonly plans = new Map<string, FakePlan>();
  readonly subscriptions = new Map<string, FakeSubscription>();
  distorted = false;
  requests = 0;
  #mishap: { kind: Mishap['kind']; after: number } | undefined;
  #keys = new Map<string, unknown>();
  #ids = 0;

  arrange(mishap: Mishap): void {
    this.#mishap = { ...mishap };
  }

  calm(): void {
    this.#mishap = undefined;
  }

  forgetKeys(): void {
    this.#keys.clear();
  }

  newId(prefix: string): string {
    this.#ids += 1;
    return `${prefix}_${String(this.#ids).padStart(6, '0')}`;
  }

  /** One call over the wire. With a key, the first good answer is given again instead of the work being done. */
  async call<T>(
    runtime: ProviderRuntime,
    method: string,
    path: string,
    work: () => T,
    key?: string,
  ): Promise<T> {
    this.requests += 1;
    const mishap = this.#strike();
    const tell = (status: number | undefined): void => {
      const call: ProviderCall = { method, path, status, requestId: undefined, durationMs: 0 };
      runtime.onCall?.(call);
    };
    await Promise.resolve(); // an answer never comes before the caller has gone on
    if (typeof mishap === 'number') {
      tell(mishap);
      throw refusalOf(mishap);
    }
    try {
      const answer = this.#once(work, key);
      if (mishap === undefined) tell(200);
      else throw lostAfter(mishap);
      return answer;
    } catch (error) {
      if (error instanceof ProviderError) tell(error.httpStatus);
      throw error;
    }
  }

  #once<T>(work: () => T, key: string | undefined): T {
    if (key === undefined) return work();
    if (!this.#keys.has(key)) this.#keys.set(key, work());
    return this.#keys.get(key) as T;
  }

  #strike(): Mishap['kind'] | undefined {
    const mishap = this.#mishap;
    if (mishap === undefined) return undefined;
    if (mishap.after > 0) {
      mishap.after -= 1;
      return undefined;
    }
    this.#mishap = undefined;
    return mishap.kind;
  }

  customer(id: string): FakeCustomer {
    const found = this.customers.get(id);
    if (found === undefined || found.deleted) throw notFound('customer', id);
    return found;
  }

  invoice(id: string): FakeInvoice {
    const found = this.invoices.get(id);
    if (found === undefined) throw notFound('invoice', id);
    return found;
  }

  plan(id: string): FakePlan {
    const found = this.plans.get(id);
    if (found === undefined) throw notFound('plan', id);
    return found;
  }

  newPlan(mark: Mark | undefined, name: string): FakePlan {
    const plan = {
      id: this.newId('fplan'),
      mark,
      name,
      description: undefined,
      active: true,
      prices: [],
    };
    this.plans.set(plan.id, plan);
    return plan;
  }

  /** Why a method cannot be charged, or undefined when it can. */
  declineOf(customer: FakeCustomer, method = customer.defaultMethod): Decline | undefined {
    const behaviour = customer.methods.get(method ?? '') ?? 'none';
    if (behaviour === 'succeeds') return undefined;
    const code = DECLINES[behaviour];
    return { code, message: `The fake provider says ${code}.`, providerCode: code, advice: undefined };
  }

  draft(push: InvoicePush, mark: Mark): FakeInvoice {
    const { amount, currency } = push.amountDue;
    const invoice: FakeInvoice = {
      id: this.newId('finv'),
      mark,
      customer: this.customer(push.customer.remoteId ?? '').id,
      total: money(this.distorted ? amount + 1n : amount, currency),
      status: 'draft',
      collected: undefined,
      decline: undefined,
      settledPart: 0n,
      settledAt: undefined,
    };
    this.invoices.set(invoice.id, invoice);
    return invoice;
  }

  collect(invoice: FakeInvoice, at: Date): void {
    invoice.status = 'paid';
    invoice.collected = { id: this.newId('fpay'), at };
    invoice.settledAt = at;
  }

  collectByItself(invoice: FakeInvoice, at: Date): void {
    invoice.decline = this.declineOf(this.customer(invoice.customer));
    if (invoice.decline === undefined) this.collect(invoice, at);
  }

  pay(payment: Omit<FakePayment, 'id'>): FakePayment {
    const made = { ...payment, id: this.newId('fpay') };
    this.payments.set(made.id, made);
    return made;
  }
}

export const notFound = (noun: string, id: string): ProviderError =>
  new ProviderError('not_found', `there is no ${noun} ${id}`, { code: 'resource_missing', httpStatus: 404 });

const KINDS: Readonly<Record<number, ProviderErrorKind>> = {
  401: 'auth',
  429: 'rate_limited',
  500: 'unavailable',
};

export const refusalOf = (status: number): ProviderError =>
  new ProviderError(KINDS[status] ?? 'invalid', `the fake provider answers ${status}`, {
    httpStatus: status,
  });

const lostAfter = (mishap: 'lost' | 'done_but_500'): ProviderError =>
  mishap === 'lost' ? new ProviderError('unavailable', 'the answer was lost') : refusalOf(500);

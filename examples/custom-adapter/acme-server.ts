import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Mishap } from 'flexprice-nest/testing';
import type { AcmeInvoice } from './acme.adapter.js';

type Stored = { -readonly [K in keyof AcmeInvoice]: AcmeInvoice[K] } & { settledAt?: string };

/** One key is one account. */
class Account {
  readonly id = `acct_${randomUUID()}`;
  readonly invoices = new Map<string, Stored>();
  readonly keys = new Map<string, object>();
  requests = 0;
  /** Makes other amounts than it was told. */
  distorted = false;
  mishap: { kind: Mishap['kind']; after: number } | undefined;
  webhook: { readonly url: string; readonly secret: string } | undefined;
}

class Refused extends Error {
  constructor(readonly status: number) {
    super(`refused with ${status}`);
  }
}

/** Acme Pay, played: enough of a provider to hold an adapter against, on loopback, with strings to pull. */
export class AcmeServer {
  private readonly accounts = new Map<string, Account>();
  private readonly server: Server = createServer((request, response) => void this.answer(request, response));

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  account(key: string): Account {
    const known = this.accounts.get(key) ?? new Account();
    this.accounts.set(key, known);
    return known;
  }

  calm(): void {
    for (const account of this.accounts.values()) account.mishap = undefined;
  }

  /** A customer pays on the hosted page. */
  async pay(key: string, id: string): Promise<void> {
    const account = this.account(key);
    const invoice = account.invoices.get(id);
    if (invoice?.status !== 'open') throw new Error(`${id} is not open`);
    const at = new Date().toISOString();
    Object.assign(invoice, { status: 'paid', settledAt: at, payment: { id: `pay_${randomUUID()}`, at } });
    await this.tell(account, 'invoice.paid', id);
  }

  private async tell({ webhook }: Account, type: string, invoice: string): Promise<void> {
    if (webhook === undefined) return;
    const body = Buffer.from(JSON.stringify({ id: `evt_${randomUUID()}`, type, invoice }));
    const headers = { 'content-type': 'application/json', ...signAcme(body, webhook.secret, new Date()) };
    await fetch(webhook.url, { method: 'POST', headers, body });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const account = this.account(key);
    account.requests += 1;
    const mishap = strike(account);
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const refusal = /^acme_[\w-]+$/.test(key) ? mishap : 401;
    if (typeof refusal === 'number') {
      send(refusal, { error: 'refused' });
      return;
    }
    try {
      const done = this.route(account, request, Buffer.concat(chunks).toString());
      if (mishap === 'lost') response.destroy();
      else send(mishap === 'done_but_500' ? 500 : 200, done);
    } catch (error) {
      if (mishap === 'lost') response.destroy();
      else send(error instanceof Refused ? error.status : 500, { error: String(error) });
    }
  }

  private route(account: Account, request: IncomingMessage, text: string): unknown {
    const url = new URL(request.url ?? '/', this.url);
    const [, noun, id, action] = url.pathname.split('/');
    if (noun === 'account') return { id: account.id };
    if (id === undefined)
      return request.method === 'POST' ? this.create(account, request, text) : list(account, url);
    const invoice = account.invoices.get(id);
    if (invoice === undefined) throw new Refused(404);
    if (action !== undefined) settle(invoice, action === 'settle' ? 'paid' : 'void');
    return invoice;
  }

  private create(account: Account, request: IncomingMessage, text: string): object {
    const key = String(request.headers['idempotency-key']);
    const known = account.keys.get(key);
    if (known !== undefined) return known;
    const { reference, environment, amount, currency } = JSON.parse(text) as AcmeInvoice;
    const id = `ainv_${randomUUID()}`;
    const made = { id, reference, environment, amount: account.distorted ? amount + 1 : amount, currency };
    const invoice: Stored = { ...made, status: 'open', page: `${this.url}/pay/${id}`, payment: null };
    account.invoices.set(id, invoice);
    account.keys.set(key, invoice);
    return invoice;
  }
}

function list({ invoices }: Account, { searchParams }: URL): Stored[] {
  const [reference, since] = [searchParams.get('reference'), searchParams.get('settled_since')];
  return [...invoices.values()].filter(
    (one) =>
      (reference === null || one.reference === reference) &&
      (since === null || (one.settledAt !== undefined && one.settledAt >= since)),
  );
}

/** Twice is success; another end than the one it has come to is a conflict. */
function settle(invoice: Stored, status: 'paid' | 'void'): void {
  if (invoice.status === 'open') Object.assign(invoice, { status, settledAt: new Date().toISOString() });
  else if (invoice.status !== status) throw new Refused(409);
}

function strike(account: Account): Mishap['kind'] | undefined {
  const { mishap } = account;
  if (mishap === undefined) return undefined;
  mishap.after -= 1;
  if (mishap.after >= 0) return undefined;
  account.mishap = undefined;
  return mishap.kind;
}

export function signAcme(body: Buffer, secret: string, at: Date): Record<string, string> {
  const seconds = Math.floor(at.getTime() / 1000);
  const hex = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  return { 'acme-signature': `${seconds},${hex}` };
}

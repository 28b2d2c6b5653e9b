import http from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { newId } from './core/ids.js';
import { type Sandbox, type SandboxOptions, startSandbox } from './index.js';

export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A server that stands where the product's webhook routes would. */
export class Receiver {
  readonly received: ReceivedWebhook[] = [];
  /** What the next webhooks are answered with; 200 when it is empty. */
  readonly answers: number[] = [];
  readonly #server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.received.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      });
      response.writeHead(this.answers.shift() ?? 200).end();
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  url(path = '/hook'): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** Types in the order of their arrival. */
  types(path?: string): string[] {
    return this.received
      .filter((webhook) => path === undefined || webhook.path === path)
      .map(({ body }) => (JSON.parse(body) as { type: string }).type);
  }

  clear(): void {
    this.received.length = 0;
    this.answers.length = 0;
  }
}

/** The real SDK, pointed at the sandbox. Each key has an account to itself. */
export function stripeClient(sandbox: Sandbox, key = newKey(), config: Stripe.StripeConfig = {}): Stripe {
  const { hostname, port } = new URL(sandbox.stripe.url);
  return new Stripe(key, {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    ...config,
  });
}

export function newKey(): string {
  return newId('sk_test_', 24);
}

export interface Fixture {
  sandbox: Sandbox;
  receiver: Receiver;
}

/** A sandbox for one test file. Whatever a test does, what went over the wire must be what the SDKs' types say. */
export function useSandbox(options: SandboxOptions = {}): Fixture {
  const fixture = {} as Fixture;
  beforeAll(async () => {
    fixture.sandbox = await startSandbox({
      stripeRetryDelaysMs: [5, 10, 15],
      whopRetryDelaysMs: [5, 10, 15],
      log: (line) => failures.push(line),
      ...options,
    });
    fixture.receiver = new Receiver();
    await fixture.receiver.start();
  });
  const failures: string[] = [];
  afterEach(async () => {
    const { stripe, whop } = fixture.sandbox;
    await Promise.all([stripe.settle(), whop.settle()]);
    const violations = [...stripe.schemaViolations(), ...whop.schemaViolations()];
    for (const provider of [stripe, whop]) {
      provider.clearSchemaViolations();
      provider.clearFaults();
      provider.clearWebhookRules();
      provider.resumeWebhooks();
      provider.setRateLimits('off');
    }
    fixture.receiver.clear();
    expect(violations).toEqual([]);
    expect(failures).toEqual([]);
  });
  afterAll(async () => {
    await fixture.sandbox.stop();
    await fixture.receiver.stop();
  });
  return fixture;
}

/** What an SDK call fails with. */
export async function errorOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('The call has succeeded');
}

/** Posts a hosted page's form, as a browser would without following the redirect. */
export async function submitForm(url: string, fields: Record<string, string>): Promise<Response> {
  return await fetch(`${url}/submit`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });
}

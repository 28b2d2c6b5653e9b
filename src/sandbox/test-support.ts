import http from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { newId } from './core/ids.js';
import { type Sandbox, type SandboxOptions, startSandbox } from './index.js';

interface ReceivedWebhook {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A server that stands where the product's webhook routes would. */
class Receiver {
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

/** A sandbox for one test file, and where its webhooks go. */
export class Fixture {
  readonly receiver = new Receiver();
  readonly #failures: string[] = [];
  #sandbox: Sandbox | undefined;

  get sandbox(): Sandbox {
    if (this.#sandbox === undefined) throw new Error('The sandbox is not started');
    return this.#sandbox;
  }

  async start(options: SandboxOptions = {}): Promise<void> {
    this.#sandbox = await startSandbox({
      stripeRetryDelaysMs: [5, 10, 15],
      whopRetryDelaysMs: [5, 10, 15],
      log: (line) => this.#failures.push(line),
      ...options,
    });
    await this.receiver.start();
  }

  /** After each test: whatever it did, what went over the wire must be what the SDKs' types say. */
  async check(): Promise<void> {
    const { stripe, whop } = this.sandbox;
    await Promise.all([stripe.settle(), whop.settle()]);
    const wrong = [...stripe.schemaViolations(), ...whop.schemaViolations(), ...this.#failures];
    this.#failures.length = 0;
    for (const provider of [stripe, whop]) {
      provider.clearSchemaViolations();
      provider.clearFaults();
      provider.clearWebhookRules();
      provider.resumeWebhooks();
      provider.setRateLimits('off');
    }
    this.receiver.clear();
    if (wrong.length > 0) throw new Error(JSON.stringify(wrong, null, 2));
  }

  async stop(): Promise<void> {
    await this.sandbox.stop();
    await this.receiver.stop();
  }
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

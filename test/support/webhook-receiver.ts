import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { eventually } from './eventually.js';

export interface Received {
  readonly path: string;
  readonly id: string;
  readonly headers: Record<string, string>;
  /** The bytes that came. */
  readonly text: string;
  readonly body: any;
}

/** How one request is answered; `silent` never is. */
export type Reply = number | 'silent' | { readonly status: number; readonly headers: Record<string, string> };

/** A tenant's own endpoint: takes what it is told, or does not, as the test says. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** By path: answers that are given first, one each; after them 200. */
  private readonly replies = new Map<string, Reply[]>();

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<WebhookReceiver> {
    const server = http.createServer();
    const receiver = new WebhookReceiver(server);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        receiver.take(request, response, Buffer.concat(parts).toString());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/hook'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  reply(path: string, ...replies: Reply[]): void {
    this.replies.set(path, replies);
  }

  at(path = '/hook'): Received[] {
    return this.received.filter((one) => one.path === path);
  }

  /** As many as that, at that path. */
  gets(count: number, path = '/hook'): Promise<Received[]> {
    return eventually(`${count} webhooks at ${path}`, () =>
      Promise.resolve(this.at(path).length >= count && this.at(path)),
    );
  }

  /** The one that is about it. */
  heard(type: string, is: (body: any) => boolean = () => true, path = '/hook'): Promise<Received> {
    return eventually(`a ${type} at ${path}`, () =>
      Promise.resolve(this.at(path).find(({ body }) => body.event_type === type && is(body))),
    );
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(request: http.IncomingMessage, response: http.ServerResponse, text: string): void {
    const path = request.url ?? '';
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    this.received.push({
      path,
      id: headers['webhook-id'] ?? '',
      headers,
      text,
      body: JSON.parse(text),
    });
    const reply = this.replies.get(path)?.shift() ?? 200;
    if (reply === 'silent') return;
    if (typeof reply === 'number') response.writeHead(reply).end('thank you');
    else response.writeHead(reply.status, reply.headers).end();
  }
}

/** Whether the specification's own library takes it, with that secret. */
export function isSignedWith(secret: string, { text, headers }: Received): boolean {
  try {
    new Webhook(secret).verify(text, headers);
    return true;
  } catch {
    return false;
  }
}

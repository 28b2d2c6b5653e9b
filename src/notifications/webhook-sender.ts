import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { WallClock } from '../platform/time/clock.js';
import { guardedLookup, refusalOf } from './address-guard.js';
import { NOTIFICATION_OPTIONS, type NotificationOptions } from './notifications.types.js';

export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a try went. Without an error it was taken. */
export interface WebhookAnswer {
  readonly httpStatus: number | null;
  readonly error: string | null;
  readonly excerpt: string | null;
  /** The receiver asks for no other try before. */
  readonly notBefore: Date | undefined;
}

const EXCERPT_BYTES = 2_048;

/** Sends one message once. Follows no redirect: where it leads has not been looked at. */
@Injectable()
export class WebhookSender implements OnApplicationShutdown {
  private readonly agents: { readonly http: http.Agent; readonly https: https.Agent };

  constructor(
    @Inject(NOTIFICATION_OPTIONS) private readonly options: NotificationOptions,
    private readonly clock: WallClock,
  ) {
    const connecting = { keepAlive: true, lookup: guardedLookup({ toPrivate: options.toPrivateAddresses }) };
    this.agents = { http: new http.Agent(connecting), https: new https.Agent(connecting) };
  }

  onApplicationShutdown(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }

  /** Why that address cannot be told anything; undefined when it may. Names are looked at again at each connection. */
  objectionTo(text: string): string | undefined {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol))
      return 'url must be an address that begins with https://';
    if (url.username !== '' || url.password !== '')
      return 'url must hold no user name or password: messages are signed';
    const { toPrivateAddresses: toPrivate } = this.options;
    if (url.protocol === 'http:' && !toPrivate)
      return 'url must begin with https:// (plain http is for private networks: WEBHOOKS_TO_PRIVATE_ADDRESSES)';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (net.isIP(host) === 0) return undefined;
    const refusal = refusalOf(host, { toPrivate });
    return refusal === undefined
      ? undefined
      : `url must not be there: ${refusal} (see WEBHOOKS_TO_PRIVATE_ADDRESSES)`;
  }

  async send(request: WebhookRequest): Promise<WebhookAnswer> {
    const objection = this.objectionTo(request.url);
    if (objection !== undefined) return unanswered(objection);
    try {
      return await this.exchange(request);
    } catch (error) {
      return unanswered(this.wordsOf(error as Error));
    }
  }

  private exchange({ url, headers, body }: WebhookRequest): Promise<WebhookAnswer> {
    const isSecure = new URL(url).protocol === 'https:';
    const signal = AbortSignal.timeout(this.options.timeoutMs);
    return new Promise((resolve, reject) => {
      const request = (isSecure ? https : http).request(
        url,
        {
          method: 'POST',
          agent: isSecure ? this.agents.https : this.agents.http,
          signal,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'flexprice-nest',
            'content-length': Buffer.byteLength(body),
            ...headers,
          },
        },
        (response) => {
          const status = response.statusCode ?? 0;
          const parts: Buffer[] = [];
          let size = 0;
          const answer = (): WebhookAnswer => ({
            httpStatus: status,
            error: status >= 200 && status < 300 ? null : `it answered ${status}`,
            excerpt: excerptOf(Buffer.concat(parts)),
            notBefore: this.retryAfter(response.headers['retry-after']),
          });
          response.on('data', (part: Buffer) => {
            parts.push(part);
            size += part.length;
            // The rest is of no interest, however long it is. Its status was sent before it.
            if (size >= EXCERPT_BYTES) {
              resolve(answer());
              response.destroy();
            }
          });
          response.on('end', () => {
            resolve(answer());
          });
          // Cut off, or too slow in its words: its status has come.
          response.on('error', () => {
            resolve(answer());
          });
        },
      );
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The other side has closed a connection that was kept: nothing was heard of the message there.
        if (request.reusedSocket && error.code === 'ECONNRESET')
          resolve(this.exchange({ url, headers, body }));
        else reject(error);
      });
      request.end(body);
    });
  }

  private retryAfter(header: string | undefined): Date | undefined {
    if (header === undefined) return undefined;
    const at = /^\d{1,9}$/.test(header)
      ? new Date(this.clock.now().getTime() + Number(header) * 1000)
      : new Date(header);
    return Number.isNaN(at.getTime()) ? undefined : at;
  }

  private wordsOf(error: Error & { readonly code?: string }): string {
    if (error.name === 'TimeoutError' || error.name === 'AbortError')
      return `no answer within ${this.options.timeoutMs / 1000} s`;
    const words = error.message === '' ? (error.code ?? error.name) : error.message;
    return words.slice(0, 500);
  }
}

const unanswered = (error: string): WebhookAnswer => ({
  httpStatus: null,
  error,
  excerpt: null,
  notBefore: undefined,
});

/** Postgres keeps no zero characters in texts. */
const excerptOf = (bytes: Buffer): string | null =>
  bytes.length === 0 ? null : bytes.subarray(0, EXCERPT_BYTES).toString('utf8').replaceAll('\0', '');

import Stripe from 'stripe';
import type { ProviderRuntime } from '../provider-adapter.js';
import { endpointOf, holdAfter } from './rate-limits.js';

/** Webhook payloads and answers are read as this version has them; a new SDK pins another and fails to compile here. */
export const STRIPE_API_VERSION = '2026-10-28.endive';

export const STRIPE_BASE_URL = 'https://api.stripe.com';

/**
 * One call of the SDK is one HTTP attempt. `maxNetworkRetries: 0` alone is not enough: the SDK's Node client still
 * sends a call again when the connection was reset, which may be after Stripe has acted. Its fetch client reports a
 * reset without the error code that this rests on; {@link OneAttempt} makes sure of it whatever the client does.
 */
export function openStripe(secretKey: string, runtime: ProviderRuntime): Stripe {
  const base = new URL(runtime.baseUrl ?? STRIPE_BASE_URL);
  return new Stripe(secretKey, {
    apiVersion: STRIPE_API_VERSION,
    host: base.hostname,
    port: base.port || (base.protocol === 'http:' ? '80' : '443'),
    protocol: base.protocol === 'http:' ? 'http' : 'https',
    maxNetworkRetries: 0,
    timeout: runtime.timeoutMs,
    telemetry: false,
    httpClient: new OneAttempt(Stripe.createFetchHttpClient(), base.pathname.replace(/\/+$/, ''), runtime),
    appInfo: { name: 'flexprice-nest' },
  });
}

type Inner = ReturnType<typeof Stripe.createFetchHttpClient>;
type Arguments = Parameters<Inner['makeRequest']>;
type Answer = Awaited<ReturnType<Inner['makeRequest']>>;

/** The SDK's HTTP client, under a path prefix, with every call told of and no error that the SDK would try again. */
class OneAttempt {
  constructor(
    private readonly inner: Inner,
    private readonly prefix: string,
    private readonly runtime: ProviderRuntime,
  ) {}

  getClientName(): string {
    return this.inner.getClientName();
  }

  async makeRequest(...[host, port, path, method, ...rest]: Arguments): Promise<Answer> {
    const endpoint = endpointOf(method, path);
    await this.runtime.gate?.enter(endpoint);
    await this.runtime.turn?.();
    const started = performance.now();
    const tell = (answer?: Answer): void =>
      this.runtime.onCall?.({
        method,
        path: path.split('?', 1)[0] ?? path,
        status: answer?.getStatusCode(),
        requestId: requestIdOf(answer),
        durationMs: Math.round(performance.now() - started),
      });
    try {
      const answer = await this.inner.makeRequest(host, port, this.prefix + path, method, ...rest);
      holdAfter(this.runtime.gate, endpoint, answer.getStatusCode(), answer.getHeaders());
      const read = answer.toJSON.bind(answer);
      // Only a body that was read to its end is an answer.
      answer.toJSON = async () => {
        try {
          const body: unknown = await read();
          tell(answer);
          assertUsable(body, answer.getStatusCode());
          return body;
        } catch (error) {
          const complete = error instanceof Error && 'rawBody' in error; // it came, but it is no JSON
          tell(complete ? answer : undefined);
          throw error;
        }
      };
      return answer;
    } catch (error) {
      tell();
      throw unretried(error);
    }
  }
}

/**
 * Whatever Stripe does is answered with an object that says what it is, and one that can be named has an id. Anything else, a
 * proxy's page or half of something, is no answer: nobody knows what has happened. The SDK takes it for one, and breaks on a
 * bare value where nobody can catch it.
 */
function assertUsable(body: unknown, status: number): void {
  if (typeof body === 'object' && body !== null && (status >= 400 ? isError(body) : isObjectOfStripe(body)))
    return;
  throw new Error('an answer that is no object of Stripe');
}

const isError = (body: object): boolean => Boolean((body as { error?: unknown }).error);

function isObjectOfStripe(body: object): boolean {
  const { object, id, data } = body as { object?: unknown; id?: unknown; data?: unknown };
  if (object === 'list' || object === 'search_result') return Array.isArray(data);
  return typeof object === 'string' && typeof id === 'string' && id !== '';
}

function requestIdOf(answer: Answer | undefined): string | undefined {
  const id = answer?.getHeaders()['request-id'];
  return Array.isArray(id) ? id[0] : id;
}

function unretried(error: unknown): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (code !== 'ECONNRESET' && code !== 'EPIPE') return error;
  return new Error('the connection was closed before the answer came');
}

import type { ProviderRuntime } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { WhopApiDate } from './api-dates.js';
import {
  asRecord,
  isReplay,
  noAnswer,
  refusal,
  retryAfter,
  withoutSecrets,
  type WhopAnswer,
} from './errors.js';
import { endpointOf } from './rate-limits.js';

export const WHOP_BASE_URL = 'https://api.whop.com/api/v1';
const API_PATH = '/api/v1';

/** For a refusal for the rate that does not say how long. */
const HOLD_MS = 1_000;

type Query = Readonly<Record<string, string | number | readonly string[]>>;

/** Whop's HTTP API without its SDK, which sends a POST again without a key when the answer is lost. */
export interface WhopClient {
  /** An object. Whatever else a good answer brings is no answer: nobody knows what has happened. */
  get<T extends Identified>(path: string): Promise<T>;
  /** Null for 404. */
  find<T extends Identified>(path: string): Promise<T | null>;
  /** Whether a list can be read. */
  peek(path: string, query: Query): Promise<void>;
  /** All pages, read as they are asked for. */
  list<T>(path: string, query: Query): AsyncIterable<T>;
  /** Makes an object. Every POST has a key: sent again with it, it is done once, and answered as it was the first time. */
  post<T extends Identified>(path: string, body: object, idempotencyKey: string): Promise<Posted<T>>;
  /** Does something to an object, which is answered with `true`, with the object, or with that it is going to be done. */
  act(path: string, idempotencyKey: string, body?: object): Promise<void>;
  change(path: string, body: object): Promise<void>;
  delete(path: string): Promise<void>;
}

export interface Posted<T> {
  readonly object: T;
  /** The answer to an earlier request with this key, word for word: how it was then. */
  readonly replayed: boolean;
}

interface Identified {
  readonly id: string;
}

interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query | undefined;
  readonly body?: object | undefined;
  readonly idempotencyKey?: string | undefined;
}

interface Page<T> {
  readonly data: readonly T[];
  readonly page_info?: { readonly end_cursor?: string | null; readonly has_next_page?: boolean };
}

export function openWhop(apiKey: string, apiDate: WhopApiDate, runtime: ProviderRuntime): WhopClient {
  const base = baseOf(runtime);
  const send = async (request: Request): Promise<WhopAnswer> => {
    const answer = await exchange(base, { apiKey, apiDate }, runtime, request);
    if (answer.status >= 400) throw refusal(answer);
    return answer;
  };
  const get = async <T extends Identified>(path: string): Promise<T> =>
    identified((await send({ method: 'GET', path })).body) as T;
  const page = async <T>(path: string, query: Query): Promise<Page<T>> =>
    paged((await send({ method: 'GET', path, query })).body);
  return {
    get,
    find: async <T extends Identified>(path: string) => {
      try {
        return await get<T>(path);
      } catch (error) {
        if (error instanceof ProviderError && error.kind === 'not_found') return null;
        throw error;
      }
    },
    peek: async (path, query) => {
      await page(path, query);
    },
    list: (path, query) => pages(page, path, query),
    post: async <T extends Identified>(
      path: string,
      body: object,
      idempotencyKey: string,
    ): Promise<Posted<T>> => {
      const answer = await send({ method: 'POST', path, body, idempotencyKey });
      return { object: identified(answer.body) as T, replayed: isReplay(answer.headers) };
    },
    act: async (path, idempotencyKey, body) => {
      const answer = await send({ method: 'POST', path, body, idempotencyKey });
      if (answer.body !== true && asRecord(answer.body).queued !== true) identified(answer.body);
    },
    change: async (path, body) => {
      identified((await send({ method: 'PATCH', path, body })).body);
    },
    delete: async (path) => {
      await send({ method: 'DELETE', path });
    },
  };
}

function identified(answer: unknown): unknown {
  const { id } = asRecord(answer);
  if (typeof id !== 'string' || id === '') throw noAnswer('Whop answered with something else than an object');
  return answer;
}

function paged<T>(answer: unknown): Page<T> {
  const page = asRecord(answer);
  if (!Array.isArray(page.data)) throw noAnswer('Whop answered with something else than a list');
  return page as unknown as Page<T>;
}

function baseOf(runtime: ProviderRuntime): string {
  const base = (runtime.baseUrl ?? WHOP_BASE_URL).replace(/\/+$/, '');
  return base.endsWith(API_PATH) ? base : base + API_PATH;
}

async function* pages<T>(
  read: <P>(path: string, query: Query) => Promise<Page<P>>,
  path: string,
  query: Query,
): AsyncIterable<T> {
  let after: string | undefined;
  do {
    const page = await read<T>(path, after === undefined ? query : { ...query, after });
    const { data } = page;
    yield* data;
    const next = page.page_info?.end_cursor ?? undefined;
    const isLast = data.length === 0 || page.page_info?.has_next_page === false || next === after;
    after = isLast ? undefined : next;
  } while (after !== undefined);
}

async function exchange(
  base: string,
  { apiKey, apiDate }: { readonly apiKey: string; readonly apiDate: WhopApiDate },
  runtime: ProviderRuntime,
  { method, path, query, body, idempotencyKey }: Request,
): Promise<WhopAnswer> {
  const endpoint = endpointOf(method, path);
  await runtime.gate?.enter(endpoint);
  await runtime.turn?.();
  const started = performance.now();
  const tell = (answer?: WhopAnswer): void =>
    runtime.onCall?.({
      method,
      path: new URL(base).pathname + path,
      status: answer?.status,
      requestId: answer?.headers.get('x-request-id') ?? undefined,
      durationMs: Math.round(performance.now() - started),
      ...(answer?.status === 429 ? { retryAfterMs: retryAfter(answer) } : {}),
    });
  try {
    const response = await fetch(`${base}${path}${queryString(query)}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'api-version-date': apiDate,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error', // nobody else is to get the key
      signal: AbortSignal.timeout(runtime.timeoutMs),
    });
    const source = await response.text();
    const answer = { status: response.status, headers: response.headers, body: parseJson(source) };
    tell(answer);
    if (answer.status === 429) runtime.gate?.hold({ endpoint }, retryAfter(answer) ?? HOLD_MS);
    if (answer.body === undefined && answer.status < 300 && source !== '')
      throw noAnswer('Whop answered with something that is not JSON');
    return answer;
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    tell();
    throw noAnswer(describe(error, runtime.timeoutMs));
  }
}

function queryString(query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (typeof value === 'object') for (const item of value) params.append(`${name}[]`, item);
    else params.append(name, String(value));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

function describe(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as { name?: string; message?: string; cause?: { message?: string } };
  if (name === 'TimeoutError') return `Whop did not answer within ${timeoutMs} ms`;
  return `Whop could not be reached: ${withoutSecrets(cause?.message ?? message ?? 'no connection')}`;
}

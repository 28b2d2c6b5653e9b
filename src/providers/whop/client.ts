import type { ProviderRuntime } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import { asRecord, noAnswer, refusal, retryAfter, withoutSecrets, type WhopAnswer } from './errors.js';

export const WHOP_BASE_URL = 'https://api.whop.com/api/v1';
const API_PATH = '/api/v1';

/** Shapes differ from date to date, and a caller without one gets those of 2025. */
const API_VERSION_DATE = '2026-07-20';

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
  /** Makes an object. */
  post<T extends Identified>(path: string, body: object, idempotencyKey?: string): Promise<T>;
  /** Does something to an object, which is answered with `true` or with the object. */
  act(path: string): Promise<void>;
  delete(path: string): Promise<void>;
}

interface Identified {
  readonly id: string;
}

interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Query | undefined;
  readonly body?: object | undefined;
  readonly idempotencyKey?: string | undefined;
}

interface Page<T> {
  readonly data: readonly T[];
  readonly page_info?: { readonly end_cursor?: string | null; readonly has_next_page?: boolean };
}

export function openWhop(apiKey: string, runtime: ProviderRuntime): WhopClient {
  const base = baseOf(runtime);
  const send = async (request: Request): Promise<unknown> => {
    const answer = await exchange(base, apiKey, runtime, request);
    if (answer.status >= 400) throw refusal(answer);
    return answer.body;
  };
  const get = async <T extends Identified>(path: string): Promise<T> =>
    identified(await send({ method: 'GET', path })) as T;
  const page = async <T>(path: string, query: Query): Promise<Page<T>> =>
    paged(await send({ method: 'GET', path, query }));
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
    list: <T>(path: string, query: Query) => pages<T>(page, path, query),
    post: async <T extends Identified>(path: string, body: object, idempotencyKey?: string) =>
      identified(await send({ method: 'POST', path, body, idempotencyKey })) as T,
    act: async (path) => {
      const answer = await send({ method: 'POST', path });
      if (answer !== true) identified(answer);
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
  apiKey: string,
  runtime: ProviderRuntime,
  { method, path, query, body, idempotencyKey }: Request,
): Promise<WhopAnswer> {
  await runtime.turn?.();
  const started = performance.now();
  const tell = (answer?: WhopAnswer): void =>
    runtime.onCall?.({
      method,
      path: new URL(base).pathname + path,
      status: answer?.status,
      requestId: answer?.headers.get('x-request-id') ?? undefined,
      durationMs: Math.round(performance.now() - started),
      ...(answer?.status === 429 ? { retryAfterMs: retryAfter(answer.headers) } : {}),
    });
  try {
    const response = await fetch(`${base}${path}${queryString(query)}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'api-version-date': API_VERSION_DATE,
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

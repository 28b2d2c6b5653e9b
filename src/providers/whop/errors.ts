import { ProviderError, type ProviderErrorKind } from '../provider-error.js';

export interface WhopAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

const SECRET_SHAPES = /\b(apik|ws|whsec)_[A-Za-z0-9_+/=-]+/g;

/** An answer that says no, in the contract's words. */
export function refusal(answer: WhopAnswer): ProviderError {
  const { status, headers } = answer;
  const said = readError(answer.body);
  const kind = kindOf(status);
  const retryAfterMs = kind === 'rate_limited' ? retryAfter(answer) : undefined;
  const permission = kind === 'forbidden' ? PERMISSION.exec(said.message ?? '')?.[0] : undefined;
  const param = kind === 'auth' ? 'api_key' : (permission ?? said.param);
  const requestId = headers.get('x-request-id');
  return new ProviderError(kind, withoutSecrets(said.message ?? `Whop answered ${status}`), {
    code: said.code ?? CODES[status] ?? kind,
    httpStatus: status,
    ...(param === undefined ? {} : { param }),
    ...(requestId === null ? {} : { requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    details: { replayed: isReplay(headers) },
  });
}

/** What was answered to an earlier request with the same key. */
export const isReplay = (headers: Headers): boolean => headers.get('idempotent-replayed') === 'true';

export const isReplayed = (error: ProviderError): boolean => error.details.replayed === true;

/** The key is taken by a request that differs in something. The code is said by newer pages, by older ones only the 400. */
export const isKeyMismatch = (error: ProviderError): boolean =>
  error.httpStatus === 400 && /idempotency/i.test(`${error.code} ${error.message}`);

/** No answer, or one that cannot be read: nobody knows what has happened. */
export const noAnswer = (message: string): ProviderError =>
  new ProviderError('unavailable', message, { code: 'no_answer' });

function kindOf(status: number): ProviderErrorKind {
  if (status === 401) return 'auth';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429) return 'rate_limited';
  // 409 is told to a request whose key is in use: another one with the same work is still running.
  return status === 408 || status === 409 || status >= 500 ? 'unavailable' : 'invalid';
}

const CODES: Readonly<Record<number, string>> = {
  401: 'authentication_failed',
  403: 'permission_denied',
  404: 'resource_missing',
  429: 'rate_limit',
};

/** `invoice:create`, `payment:basic:read` */
const PERMISSION = /\b[a-z_]+(?::[a-z_]+)+\b/;

interface Said {
  readonly message: string | undefined;
  readonly code: string | undefined;
  readonly param: string | undefined;
}

/** `{error: {type, message}}`, `{error: "…"}` and `{message}` have all been seen. */
function readError(body: unknown): Said {
  const envelope = asRecord(body);
  const error = typeof envelope.error === 'object' ? asRecord(envelope.error) : envelope;
  return {
    message: text(error.message) ?? text(envelope.error) ?? text(envelope.message),
    code: text(error.code) ?? text(error.type),
    param: text(error.param),
  };
}

export const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const withoutSecrets = (message: string): string => message.replace(SECRET_SHAPES, '$1_…');

/** In headers, where a proxy has set them, or in the words of the refusal: `Try again in 12 seconds.` */
export function retryAfter({ headers, body }: WhopAnswer): number | undefined {
  const ms = headers.get('retry-after-ms');
  if (ms !== null && /^\d{1,9}$/.test(ms)) return Number(ms);
  const seconds =
    headers.get('retry-after') ?? /try again in (\d{1,6}) second/i.exec(readError(body).message ?? '')?.[1];
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

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
  const retryAfterMs = kind === 'rate_limited' ? retryAfter(headers) : undefined;
  const permission = kind === 'forbidden' ? PERMISSION.exec(said.message ?? '')?.[0] : undefined;
  const param = kind === 'auth' ? 'api_key' : (permission ?? said.param);
  const requestId = headers.get('x-request-id');
  return new ProviderError(kind, withoutSecrets(said.message ?? `Whop answered ${status}`), {
    code: said.code ?? CODES[status] ?? kind,
    httpStatus: status,
    ...(param === undefined ? {} : { param }),
    ...(requestId === null ? {} : { requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

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

export function retryAfter(headers: Headers): number | undefined {
  const ms = headers.get('retry-after-ms');
  if (ms !== null && /^\d{1,9}$/.test(ms)) return Number(ms);
  const seconds = headers.get('retry-after');
  return seconds !== null && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

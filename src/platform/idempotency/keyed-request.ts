import { hash } from 'node:crypto';
import { fieldErrors } from '../../domain/errors.js';
import { isStorableText } from '../../domain/text.js';
import { canonicalJson, LONGEST_KEY } from '../../domain/repeated-requests.js';
import type { Caller } from '../context.js';

export const KEY_HEADER = 'idempotency-key';
/** Says that an answer was given before. */
export const REPLAYED_HEADER = 'Idempotent-Replayed';

/** A request as Express and Fastify both show it. */
export interface HttpRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
  readonly params?: unknown;
  readonly query?: unknown;
}

/** A request and the keys that it came with. */
export interface KeyedRequest {
  readonly caller: Caller;
  readonly route: string;
  /** One from the header, one from the body, or both; each with the id of its row, in the order of ids. */
  readonly keys: readonly { readonly id: string; readonly key: string }[];
  readonly fingerprint: string;
}

/** The keys of a request; none, mostly. */
export function keysOf({ headers, body }: HttpRequest, isReadInBody: boolean): readonly string[] {
  const inHeader = headers[KEY_HEADER];
  const inBody = isReadInBody
    ? (body as { idempotency_key?: unknown } | null | undefined)?.idempotency_key
    : '';
  const keys = new Set<string>();
  if (inHeader !== undefined) keys.add(checked('Idempotency-Key', String(inHeader)));
  // An empty one says nothing, as elsewhere in a body; one that is no text is refused with the other fields.
  if (typeof inBody === 'string' && inBody !== '') keys.add(checked('idempotency_key', inBody));
  return [...keys];
}

function checked(name: string, key: string): string {
  if (key.length === 0 || key.length > LONGEST_KEY)
    throw fieldErrors({ [name]: `${name} must have 1 to ${LONGEST_KEY} characters` });
  if (!isStorableText(key)) throw fieldErrors({ [name]: `${name} holds a character that cannot be stored` });
  return key;
}

export function keyedRequest(
  caller: Caller,
  route: string,
  request: HttpRequest,
  keys: readonly string[],
): KeyedRequest {
  const { environmentId } = caller.scope;
  return {
    caller,
    route,
    // Whoever takes several takes them in one order.
    keys: keys
      .map((key) => ({ id: digest([environmentId, route, key]), key }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    fingerprint: digest([route, request.params ?? {}, request.query ?? {}, request.body ?? {}]),
  };
}

const digest = (parts: readonly unknown[]): string => hash('sha256', canonicalJson(parts), 'base64url');

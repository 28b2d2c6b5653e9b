import { createHash } from 'node:crypto';
import { jsonAnswer, type Answer } from '../core/answer.js';
import type { Caller, Incoming, Outcome, Prepared, Provider, Verdict } from '../core/exchange.js';
import type { FaultRule } from '../core/faults.js';
import { maskKey, newId } from '../core/ids.js';
import { isObject, type JsonObject } from '../core/json.js';
import type { LimitReason } from '../core/rate-limits.js';
import type { Account } from './account.js';
import type { Accounts } from './accounts.js';
import type { Ctx, World } from './context.js';
import { StripeError } from './errors.js';
import { render } from './expand.js';
import { Params } from './params.js';
import type { Route } from './route.js';
import { API_VERSION } from './settings.js';

export interface StripeCaller extends Caller {
  readonly owner: Account;
}

/** Stripe's manners: keys, idempotency, errors, headers. */
export class StripeProvider implements Provider<StripeCaller> {
  readonly #routes = new Map<string, Route>();

  constructor(
    private readonly world: World,
    private readonly accounts: Accounts,
    routes: readonly Route[],
    private readonly onFailure: (what: string, error: unknown) => void,
  ) {
    for (const route of routes) {
      this.#routes.set(`${route.method} ${route.url.replace(/:(\w+)/g, '{$1}')}`, route);
    }
  }

  requestId(): string {
    return newId('req_', 14);
  }

  headers(incoming: Incoming): Record<string, string> {
    return {
      'request-id': incoming.id,
      'stripe-version': incoming.headers['stripe-version'] ?? API_VERSION,
    };
  }

  authenticate(incoming: Incoming): Verdict<StripeCaller> {
    const key = keyOf(incoming.headers.authorization);
    if (key === undefined) {
      return this.#refuse(
        incoming,
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        401,
      );
    }
    const verdict = this.accounts.open(key);
    switch (verdict.kind) {
      case 'account': {
        const { account } = verdict;
        return {
          caller: {
            owner: account,
            account: account.id,
            key: maskKey(key),
            names: [account.id, ...account.keys],
          },
        };
      }
      case 'publishable':
        return this.#refuse(
          incoming,
          'This API call cannot be made with a publishable API key. Please use a secret API key.',
          403,
          'secret_key_required',
        );
      case 'revoked':
        return this.#refuse(incoming, `Expired API Key provided: ${maskKey(key)}`, 401, 'api_key_expired');
      case 'malformed':
        return this.#refuse(incoming, `Invalid API Key provided: ${maskKey(key)}`, 401);
    }
  }

  limited(reason: LimitReason, incoming: Incoming): Answer {
    const error = new StripeError(
      'invalid_request_error',
      'Request rate limit exceeded. Learn more about rate limits at https://docs.stripe.com/rate-limits.',
      { status: 429, code: 'rate_limit' },
    );
    return this.#answerError(error, incoming, { 'stripe-rate-limited-reason': reason });
  }

  idempotencyKey(incoming: Incoming): string | undefined {
    return incoming.method === 'POST' ? incoming.headers['idempotency-key'] : undefined;
  }

  fingerprint(incoming: Incoming): string {
    const whole = JSON.stringify([incoming.method, incoming.path, incoming.query, incoming.body ?? {}]);
    return createHash('sha256').update(whole).digest('hex');
  }

  keyRefused(kind: 'in_progress' | 'mismatch', key: string, incoming: Incoming): Answer {
    const error =
      kind === 'in_progress'
        ? new StripeError(
            'idempotency_error',
            'There is currently another in-progress request using this Idempotent Key (that probably means you ' +
              `submitted twice, and the other request is still going through): ${key}. Please try again later.`,
            { status: 409, code: 'idempotency_key_in_use' },
          )
        : new StripeError(
            'idempotency_error',
            'Keys for idempotent requests can only be used with the same parameters they were first used with. ' +
              `Try using a key other than '${key}' if you meant to execute a different request.`,
          );
    return this.#answerError(error, incoming);
  }

  replayHeaders(): Record<string, string> {
    return { 'idempotent-replayed': 'true' };
  }

  faultAnswer(rule: FaultRule, incoming: Incoming): Answer {
    const status = rule.status ?? 500;
    const headers = { ...rule.headers };
    if (rule.text !== undefined) return { status, body: rule.text, headers };
    if (rule.body !== undefined) return jsonAnswer(status, rule.body, headers);
    const error = new StripeError(
      status === 429 ? 'invalid_request_error' : 'api_error',
      status === 429
        ? 'Request rate limit exceeded.'
        : 'An unknown error occurred. The sandbox was told to answer like this.',
      { status, code: status === 429 ? 'rate_limit' : undefined },
    );
    return this.#answerError(error, incoming, headers);
  }

  prepare(incoming: Incoming, caller: StripeCaller): Prepared {
    const route = this.#routes.get(`${incoming.method} ${incoming.template ?? ''}`);
    const key = this.idempotencyKey(incoming);
    try {
      if (route === undefined) {
        const { method, path } = incoming;
        throw new StripeError(
          'invalid_request_error',
          `Unrecognized request URL (${method}: ${path}). If you are trying to list objects, remove the trailing ` +
            'slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in ' +
            'your code. The sandbox plays a part of the API only.',
          { status: 404 },
        );
      }
      if (key !== undefined && (key === '' || key.length > 255)) {
        throw new StripeError('invalid_request_error', 'Idempotency keys are 1 to 255 characters long.', {
          code: 'parameter_invalid_idempotency_key',
        });
      }
      this.#assertPermitted(incoming, caller);
      const sent = parametersOf(incoming);
      const where = `${incoming.method} ${incoming.template ?? ''}`;
      const version = incoming.headers['stripe-version'];
      this.world.wireCheck.version(version, where);
      this.world.wireCheck.request(route.schema, sent, where, version !== undefined);
      return { run: () => this.#run(route, sent, incoming, caller) };
    } catch (error) {
      return { refusal: this.#failed(error, incoming).answer };
    }
  }

  /**
   * Write implies read. The name of what is missing stands in the sentence only.
   * Source: the error in full in github.com/stripe/stripe-node/issues/2246; docs.stripe.com/keys/restricted-api-keys.
   */
  #assertPermitted(incoming: Incoming, caller: StripeCaller): void {
    const key = keyOf(incoming.headers.authorization) ?? '';
    const resource = (incoming.path.split('/')[2] ?? '').replace(/ies$/, 'y').replace(/s$/, '');
    const write = `rak_${resource}_write`;
    const read = `rak_${resource}_read`;
    const needed = incoming.method === 'GET' ? read : write;
    if (!this.accounts.lacks(key, needed)) return;
    throw new StripeError(
      'invalid_request_error',
      `The provided key '${caller.key}' does not have the required permissions for this endpoint on account ` +
        `'${caller.account}'. Having the '${needed}' permission would allow this request to continue.`,
      { status: 403 },
    );
  }

  #run(route: Route, sent: JsonObject, incoming: Incoming, caller: StripeCaller): Outcome {
    const ctx: Ctx = {
      world: this.world,
      account: caller.owner,
      request: { id: incoming.id, idempotencyKey: this.idempotencyKey(incoming) ?? null },
    };
    const [id = '', child = ''] = Object.values(incoming.pathParams);
    try {
      const params = new Params(sent);
      const result = route.run(ctx, params, id, child);
      const body = render(ctx, result, params.strings('expand'));
      this.world.wireCheck.response(body, `${incoming.method} ${incoming.template ?? ''}`);
      return { answer: remembering(jsonAnswer(200, body), incoming), began: true };
    } catch (error) {
      return this.#failed(error, incoming);
    }
  }

  #failed(error: unknown, incoming: Incoming): Outcome {
    const known =
      error instanceof StripeError
        ? error
        : new StripeError('api_error', 'The sandbox has failed. This is a bug in it.', { status: 500 });
    if (known !== error) this.onFailure(`${incoming.method} ${incoming.path}`, error);
    return { answer: this.#answerError(known, incoming), began: !known.beforeExecution };
  }

  #refuse(incoming: Incoming, message: string, status: number, code?: string): { refusal: Answer } {
    return {
      refusal: this.#answerError(
        new StripeError('invalid_request_error', message, { status, code }),
        incoming,
      ),
    };
  }

  #answerError(error: StripeError, incoming: Incoming, headers: Record<string, string> = {}): Answer {
    const url = `${this.world.pagesUrl()}/_sandbox/requests#${incoming.id}`;
    return remembering(jsonAnswer(error.status, error.body(url), headers), incoming);
  }
}

/** The answer to a request with a key names that request, also when it is repeated for a later one. */
function remembering(answer: Answer, incoming: Incoming): Answer {
  const key = incoming.method === 'POST' ? incoming.headers['idempotency-key'] : undefined;
  if (key === undefined) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, 'idempotency-key': key, 'original-request': incoming.id },
  };
}

function keyOf(authorization: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(Bearer|Basic)\s+(.+)$/i.exec(authorization ?? '') ?? [];
  if (value === '') return undefined;
  if (scheme.toLowerCase() === 'bearer') return value.trim();
  return Buffer.from(value, 'base64').toString('utf8').split(':', 1)[0];
}

function parametersOf(incoming: Incoming): JsonObject {
  const { method, body, query, headers } = incoming;
  const queried = isObject(query) ? query : {};
  if (method === 'GET') return queried;
  const type = headers['content-type'] ?? '';
  if (isObject(body) && type.includes('json')) {
    throw new StripeError(
      'invalid_request_error',
      'Invalid request (check that your POST content type is application/x-www-form-urlencoded).',
    );
  }
  return isObject(body) ? { ...queried, ...body } : queried;
}

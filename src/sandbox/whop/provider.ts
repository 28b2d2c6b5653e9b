import { createHash } from 'node:crypto';
import { jsonAnswer, type Answer } from '../core/answer.js';
import type { Caller, Incoming, Outcome, Prepared, Provider, Verdict } from '../core/exchange.js';
import type { FaultRule } from '../core/faults.js';
import { maskKey, newId } from '../core/ids.js';
import { isObject, type JsonObject } from '../core/json.js';
import type { Account } from './account.js';
import type { Ctx, World } from './context.js';
import { badRequest, WhopError } from './errors.js';
import type { LimitReason } from '../core/rate-limits.js';
import type { Route } from './route.js';
import { NEWEST_DATE } from './settings.js';

export interface WhopCaller extends Caller {
  readonly owner: Account;
}

/** Whop's manners: keys, errors, headers, and the little that is known of its idempotency. */
export class WhopProvider implements Provider<WhopCaller> {
  readonly #routes = new Map<string, Route>();

  constructor(
    private readonly world: World,
    private readonly base: string,
    routes: readonly Route[],
    private readonly onFailure: (what: string, error: unknown) => void,
  ) {
    for (const route of routes) {
      this.#routes.set(`${route.method} ${base}${route.url.replace(/:(\w+)/g, '{$1}')}`, route);
    }
  }

  requestId(): string {
    return newId('req_', 20);
  }

  headers(incoming: Incoming): Record<string, string> {
    return { 'x-request-id': incoming.id };
  }

  authenticate(incoming: Incoming): Verdict<WhopCaller> {
    const [, key] = /^Bearer\s+(\S+)$/i.exec(incoming.headers.authorization ?? '') ?? [];
    if (key === undefined)
      return { refusal: refused(new WhopError(401, 'unauthorized', 'No API key was given')) };
    const verdict = this.world.accounts.open(key);
    if (verdict.kind !== 'account') {
      const message =
        verdict.kind === 'revoked' ? 'This API key has been revoked' : 'This API key is not valid';
      return { refusal: refused(new WhopError(401, 'unauthorized', message)) };
    }
    const { account } = verdict;
    return {
      caller: {
        owner: account,
        account: account.id,
        key: maskKey(key),
        names: [account.id, ...account.keys, ...account.companies],
      },
    };
  }

  limited(_reason: LimitReason, _incoming: Incoming, seconds: number): Answer {
    const error = new WhopError(429, 'rate_limit_exceeded', `Try again in ${seconds} seconds.`);
    return refused(error, this.world.settings.retryAfterHeader ? { 'retry-after': String(seconds) } : {});
  }

  idempotencyKey(incoming: Incoming): string | undefined {
    const { idempotentProducts, idempotentInvoices } = this.world.settings;
    const covered =
      incoming.method === 'POST' &&
      (incoming.headers['api-version-date'] === NEWEST_DATE ||
        (idempotentProducts && incoming.template === `${this.base}/products`) ||
        (idempotentInvoices && incoming.template === `${this.base}/invoices`));
    return covered ? incoming.headers['idempotency-key'] : undefined;
  }

  fingerprint(incoming: Incoming): string {
    return createHash('sha256')
      .update(
        JSON.stringify([
          incoming.method,
          incoming.path,
          incoming.query ?? null,
          incoming.body ?? null,
          incoming.headers['api-version-date'],
        ]),
      )
      .digest('hex');
  }

  keyRefused(kind: 'in_progress' | 'mismatch', key: string): Answer {
    return refused(
      kind === 'in_progress'
        ? new WhopError(409, 'conflict', `A request with the idempotency key ${key} is in progress`)
        : new WhopError(
            400,
            'bad_request',
            `The idempotency key ${key} was used with another request`,
            'idempotency_key_mismatch',
          ),
    );
  }

  replayHeaders(): Record<string, string> {
    return { 'idempotent-replayed': 'true' };
  }

  faultAnswer(rule: FaultRule): Answer {
    const status = rule.status ?? 500;
    const headers = { ...rule.headers };
    if (rule.text !== undefined) return { status, body: rule.text, headers };
    if (rule.body !== undefined) return jsonAnswer(status, rule.body, headers);
    const type = status === 429 ? 'rate_limit_exceeded' : 'internal_server_error';
    return refused(new WhopError(status, type, 'The sandbox was told to answer like this'), headers);
  }

  prepare(incoming: Incoming, caller: WhopCaller): Prepared {
    const where = `${incoming.method} ${incoming.template ?? incoming.path}`;
    const route = this.#routes.get(where);
    try {
      if (route === undefined) {
        throw new WhopError(404, 'not_found', `${where} does not exist, or is not played by the sandbox`);
      }
      const newest = this.world.wireCheck.isNewest(incoming.headers['api-version-date'], where);
      const queried = incoming.method === 'GET' || incoming.method === 'DELETE';
      const params = paramsOf(incoming, queried);
      const typed = Object.fromEntries(
        Object.entries(params).filter(([name]) => route.alsoTakes?.includes(name) !== true),
      );
      this.world.wireCheck.request(route.request, typed, where, { queried, newest });
      const ctx: Ctx = { world: this.world, account: caller.owner, newest };
      return { run: () => this.#run(ctx, route, params, incoming, where) };
    } catch (error) {
      const failed = this.#failed(error, where);
      // At the newest date a key remembers refusals of any kind: docs.whop.com/developer/api/idempotency.
      const remembered = incoming.headers['api-version-date'] === NEWEST_DATE && route !== undefined;
      return remembered ? { run: () => failed } : { refusal: failed.answer };
    }
  }

  #run(ctx: Ctx, route: Route, params: JsonObject, incoming: Incoming, where: string): Outcome {
    try {
      const result = route.run(ctx, params, incoming.pathParams.id ?? '');
      this.world.wireCheck.response(route.response, result, where, ctx.newest);
      return { answer: jsonAnswer(200, result), began: true };
    } catch (error) {
      return this.#failed(error, where);
    }
  }

  #failed(error: unknown, where: string): Outcome {
    if (error instanceof WhopError) return { answer: refused(error), began: true };
    this.onFailure(where, error);
    const failure = new WhopError(
      500,
      'internal_server_error',
      'The sandbox has failed. This is a bug in it.',
    );
    return { answer: refused(failure), began: true };
  }
}

function refused(error: WhopError, headers: Record<string, string> = {}): Answer {
  return jsonAnswer(error.status, error.body(), headers);
}

function paramsOf(incoming: Incoming, queried: boolean): JsonObject {
  const given = queried ? incoming.query : incoming.body;
  if (given === undefined || given === null) return {};
  if (!isObject(given)) throw badRequest('The body must be a JSON object');
  return given;
}

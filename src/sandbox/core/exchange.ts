import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from './answer.js';
import type { SandboxClocks } from './clocks.js';
import type { FaultRule, Faults } from './faults.js';
import type { IdempotencyKeys } from './idempotency.js';
import { templateOf } from './paths.js';
import type { LimitReason, RateLimiter } from './rate-limits.js';
import type { RequestLog, RequestRecord } from './request-log.js';

/** A request before any meaning is given to it. */
export interface Incoming {
  /** Our id for it, as the provider answers it in a header. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** Undefined when no route serves the path. */
  readonly template: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
  readonly pathParams: Readonly<Record<string, string>>;
}

export interface Caller {
  readonly account: string;
  /** The key that was used, masked. */
  readonly key: string;
  /** Everything that names the account in a fault rule: its id and its keys. */
  readonly names: readonly string[];
}

export interface Outcome {
  readonly answer: Answer;
  /** Whether the endpoint has begun its work; what fails before is not remembered under an idempotency key. */
  readonly began: boolean;
}

export type Verdict<C> = { readonly caller: C } | { readonly refusal: Answer };

export type Prepared = { readonly run: () => Outcome } | { readonly refusal: Answer };

/** What differs between the providers. */
export interface Provider<C extends Caller> {
  requestId(): string;
  authenticate(incoming: Incoming): Verdict<C>;
  limited(reason: LimitReason, incoming: Incoming, seconds: number): Answer;
  /** The key of a request that the provider's idempotency covers; undefined for others. */
  idempotencyKey(incoming: Incoming): string | undefined;
  fingerprint(incoming: Incoming): string;
  keyRefused(kind: 'in_progress' | 'mismatch', key: string, incoming: Incoming): Answer;
  replayHeaders(first: Answer): Record<string, string>;
  faultAnswer(rule: FaultRule, incoming: Incoming): Answer;
  /** Checks the request; its work is done by the function that is returned. */
  prepare(incoming: Incoming, caller: C): Prepared;
  /** Headers of every answer. */
  headers(incoming: Incoming): Record<string, string>;
}

export interface Desk {
  readonly clocks: SandboxClocks;
  readonly log: RequestLog;
  readonly faults: Faults;
  readonly limiter: RateLimiter;
  readonly keys: IdempotencyKeys;
}

type Ending = { readonly answer: Answer; readonly replayed?: boolean } | { readonly cut: true };

/** Carries one API call from the socket to the endpoint and back, through everything that can go wrong. */
export class Exchange<C extends Caller> {
  constructor(
    private readonly desk: Desk,
    private readonly provider: Provider<C>,
  ) {}

  async handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const started = performance.now();
    const incoming = this.#incoming(request);
    this.desk.clocks.catchUp();
    const verdict = this.provider.authenticate(incoming);
    const record = this.#record(incoming, 'caller' in verdict ? verdict.caller : undefined);
    this.desk.log.add(record);
    const ending =
      'refusal' in verdict
        ? { answer: verdict.refusal }
        : await this.#carry(incoming, verdict.caller, record);
    record.durationMs = Math.round(performance.now() - started);
    if ('cut' in ending) {
      reply.hijack();
      request.raw.socket.destroy();
      return reply;
    }
    record.status = ending.answer.status;
    record.replayed = ending.replayed ?? false;
    return await reply
      .code(ending.answer.status)
      .headers({ ...this.provider.headers(incoming), ...ending.answer.headers })
      .type('application/json')
      .send(ending.answer.body);
  }

  async #carry(incoming: Incoming, caller: C, record: RequestRecord): Promise<Ending> {
    const { faults, limiter, keys } = this.desk;
    const { method, path, template } = incoming;
    const limit = limiter.take(caller.account, `${method} ${template ?? path}`);
    if (limit !== undefined) {
      const seconds = limiter.secondsUntilFree(caller.account, `${method} ${template ?? path}`);
      return { answer: this.provider.limited(limit, incoming, seconds) };
    }

    const { name, delayMs, rule } = faults.strike(method, path, template, caller.names);
    record.fault = name;
    if (rule?.mode === 'drop_before') return { cut: true };
    const saved = rule?.saved ?? (rule?.status ?? 500) === 500;
    if (rule?.mode === 'error' && !saved) {
      if (delayMs > 0) await sleep(delayMs);
      return { answer: this.provider.faultAnswer(rule, incoming) };
    }

    const prepared = this.provider.prepare(incoming, caller);
    if ('refusal' in prepared) return { answer: prepared.refusal };
    const key = this.provider.idempotencyKey(incoming);
    const slot =
      key === undefined ? undefined : keys.begin(caller.account, key, this.provider.fingerprint(incoming));
    if (key !== undefined && (slot?.kind === 'in_progress' || slot?.kind === 'mismatch')) {
      return { answer: this.provider.keyRefused(slot.kind, key, incoming) };
    }
    if (delayMs > 0) await sleep(delayMs);
    if (slot?.kind === 'replay') {
      if (rule?.mode === 'drop_after') return { cut: true };
      const headers = { ...slot.answer.headers, ...this.provider.replayHeaders(slot.answer) };
      return { answer: { ...slot.answer, headers }, replayed: true };
    }
    const outcome =
      rule?.mode === 'error'
        ? { answer: this.provider.faultAnswer(rule, incoming), began: true }
        : prepared.run();
    const shown = rule?.mode === 'error_after' ? this.#shown(rule, outcome.answer, incoming) : outcome.answer;
    if (slot?.kind === 'fresh') {
      if (outcome.began) slot.keep(saved ? shown : outcome.answer);
      else slot.release();
    }
    return rule?.mode === 'drop_after' ? { cut: true } : { answer: shown };
  }

  #shown(rule: FaultRule, answer: Answer, incoming: Incoming): Answer {
    if (rule.alter === undefined) return this.provider.faultAnswer(rule, incoming);
    const body = { ...(JSON.parse(answer.body) as object), ...rule.alter };
    return { ...answer, body: JSON.stringify(body) };
  }

  #incoming(request: FastifyRequest): Incoming {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    const route = request.is404 ? undefined : request.routeOptions.url;
    return {
      id: this.provider.requestId(),
      method: request.method,
      path: request.url.split('?', 1)[0] ?? request.url,
      template: route === undefined ? undefined : templateOf(route),
      headers,
      query: request.query,
      body: request.body,
      pathParams: request.params as Record<string, string>,
    };
  }

  #record(incoming: Incoming, caller: C | undefined): RequestRecord {
    return {
      id: incoming.id,
      at: new Date().toISOString(),
      sandboxTime: new Date(this.desk.clocks.now(caller?.account)).toISOString(),
      method: incoming.method,
      path: incoming.path,
      template: incoming.template,
      account: caller?.account,
      key: caller?.key,
      idempotencyKey: incoming.headers['idempotency-key'],
      params: incoming.method === 'GET' || incoming.method === 'DELETE' ? incoming.query : incoming.body,
      status: null,
      replayed: false,
      fault: undefined,
      durationMs: 0,
    };
  }
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BillingError } from '../domain/errors.js';
import { WallClock } from '../platform/time/clock.js';
import { answerError, toBillingError } from '../platform/http/error-envelope.js';
import { RateLimiter } from '../platform/http/rate-limiter.js';
import {
  presentedKey,
  unauthorized,
  type ApiKeyIdentity,
  type ApiKeysService,
} from '../tenancy/api-keys.service.js';

/** How much is taken of one caller; 0 means no limit. */
export interface AdmissionLimits {
  /** Requests a second with one API key. */
  readonly perKey: number;
  /** Requests with one API key that are being answered at a time. */
  readonly atOncePerKey: number;
  /** Requests a minute of one address that come without a key that is known. */
  readonly perAddress: number;
  /** Webhooks a minute of one address. */
  readonly webhooksPerAddress: number;
}

export const DEFAULT_LIMITS: AdmissionLimits = {
  perKey: 5_000,
  atOncePerKey: 1_000,
  perAddress: 300,
  webhooksPerAddress: 12_000,
};

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const API = /^\/(?:api\/)?v1\//;
/** Proven by the signature of their bodies, so these have to be read. */
export const WEBHOOK = /^\/(?:api\/)?v1\/(?:webhooks\/|integrations\/[^/?]+\/webhook(?:[?]|$))/;

/**
 * Decides by the head of a request whether its body is read at all: a body costs memory and time before any guard sees it.
 * Whoever has no key is answered at once; what was sent is thrown away as it comes.
 */
export function admitRequests(
  fastify: FastifyInstance,
  apiKeys: ApiKeysService,
  clock: WallClock,
  limits: AdmissionLimits,
): void {
  const strangers = limiter(limits.perAddress, MINUTE_MS);
  const webhooks = limiter(limits.webhooksPerAddress, MINUTE_MS);
  const keys = limiter(limits.perKey, SECOND_MS);
  const atOnce = new Map<string, number>();

  const admit = (
    request: FastifyRequest,
    reply: FastifyReply,
    identity: ApiKeyIdentity | undefined,
  ): BillingError | undefined => {
    const now = clock.now();
    if (identity === undefined) {
      const wait = strangers(request.ip, now);
      return wait > 0 ? tooMany(wait) : unauthorized(presentedKey(request.headers));
    }
    const key = identity.caller.actor;
    const wait = keys(key, now);
    if (wait > 0) return tooMany(wait);
    const running = atOnce.get(key) ?? 0;
    if (limits.atOncePerKey > 0 && running >= limits.atOncePerKey) return tooMany(SECOND_MS);
    atOnce.set(key, running + 1);
    reply.raw.once('close', () => {
      const left = (atOnce.get(key) ?? 1) - 1;
      if (left === 0) atOnce.delete(key);
      else atOnce.set(key, left);
    });
    return undefined;
  };

  fastify.addHook('onRequest', (request, reply, done) => {
    const { url } = request;
    if (!API.test(url)) {
      // Nothing outside of the API takes a body.
      if (request.is404) answerError(reply, notFoundRoute(request));
      else done();
      return;
    }
    if (WEBHOOK.test(url)) {
      const wait = webhooks(request.ip, clock.now());
      if (wait > 0) answerError(reply, tooMany(wait));
      else done();
      return;
    }
    const decide = (identity: ApiKeyIdentity | undefined): void => {
      const refused = admit(request, reply, identity);
      if (refused === undefined) done();
      else answerError(reply, refused);
    };
    const key = presentedKey(request.headers);
    const identity = key === undefined ? undefined : apiKeys.identify(key);
    if (identity instanceof Promise)
      identity.then(decide, (error: unknown) => {
        answerError(reply, toBillingError(error));
      });
    else decide(identity);
  });
}

function limiter(limit: number, windowMs: number): (key: string, now: Date) => number {
  if (limit === 0) return () => 0;
  const windows = new RateLimiter(limit, windowMs);
  return (key, now) => windows.take(key, now);
}

const notFoundRoute = ({ method, url }: FastifyRequest): BillingError =>
  new BillingError('not_found', `Cannot ${method} ${url.split('?', 1)[0]?.slice(0, 200)}`);

const tooMany = (waitMs: number): BillingError =>
  new BillingError('too_many_requests', 'too many requests: send it again later', {
    code: 'too_many_requests',
    details: { retryAfterSeconds: Math.ceil(waitMs / 1000) },
  });

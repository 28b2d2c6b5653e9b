import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { BillingError, notFound, validationError } from '../../domain/errors.js';
import { WallClock } from '../../platform/clock/clock.js';
import type { Scope } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { RateLimiter } from '../../platform/http/rate-limiter.js';
import { Lookups } from '../../platform/lookups.js';
import type { IncomingWebhook, ProviderAdapter } from '../../providers/provider-adapter.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { ProviderEvent } from '../../providers/provider-event.js';
import { ProvidersService } from '../../providers/providers.service.js';
import { WebhookWriter } from './webhook-writer.js';

/** Where a webhook says that it belongs. */
export type WebhookTarget =
  | { readonly connectionId: string }
  | { readonly tenantId: string; readonly environmentId: string }
  /** Only a provider: the connection is the one whose secret verifies. */
  | 'any';

/** A connection that may have sent it. */
interface Candidate {
  readonly id: string;
  readonly scope: Scope;
  readonly secrets: readonly string[];
}

/** Unsigned hints of one connection in a minute: enough for a busy shop, too few to make us call its provider to death. */
const HINTS_PER_MINUTE = 60;
const MINUTE_MS = 60_000;
/** Of an event and of what it speaks of. Stripe's are never longer. An index takes no key of some thousand characters. */
const LONGEST_ID = 255;
const MAX_CANDIDATES = 500;
/** Webhooks come in bursts. A secret that is not known yet is looked for at once; one that is gone is believed this long. */
const REMEMBERED_MS = 2_000;
const MOST_REMEMBERED = 10_000;

/**
 * Verify on the bytes as they came, insert once, acknowledge. Handling comes later. A database that is away is an
 * exception here and a 5xx there, so that the provider sends it again.
 */
@Injectable()
export class WebhookReceiver {
  private readonly logger = new Logger(WebhookReceiver.name);
  private readonly hints = new RateLimiter(HINTS_PER_MINUTE, MINUTE_MS);
  private readonly remembered: Lookups<readonly Candidate[]>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly providers: ProvidersService,
    private readonly sessions: ProviderSessionsService,
    private readonly writer: WebhookWriter,
  ) {
    this.remembered = new Lookups(clock, { believedMs: REMEMBERED_MS, most: MOST_REMEMBERED });
  }

  async receive(
    provider: string,
    target: WebhookTarget,
    request: {
      readonly body: Buffer;
      readonly headers: Readonly<Record<string, string>>;
      readonly requestId: string;
    },
  ): Promise<void> {
    const adapter = this.providers.find(provider);
    if (adapter === undefined) throw notFound('provider', provider);
    const webhook: IncomingWebhook = {
      body: request.body,
      headers: request.headers,
      receivedAt: this.clock.now(),
    };
    const { candidate, verified } = await this.sender(adapter, target, webhook);
    const event = this.parse(adapter, webhook, verified);
    await this.writer.insertOnce(
      {
        scope: candidate.scope,
        connectionId: candidate.id,
        provider: adapter.provider,
        event,
        verified,
      },
      request.body.length,
    );
  }

  /** By what is remembered, or else by what the database says now. */
  private async sender(
    adapter: ProviderAdapter,
    target: WebhookTarget,
    webhook: IncomingWebhook,
  ): Promise<{ candidate: Candidate; verified: boolean }> {
    const key = keyOf(adapter.provider, target);
    const look = async (): Promise<{ value: readonly Candidate[] }> => ({
      value: await this.candidates(adapter, target),
    });
    // A connection or secret that is new is neither in what is known nor in what was asked for before this came.
    const earlier =
      this.remembered.known(key, look) ?? (await this.remembered.underWay(key)?.catch(() => undefined));
    const candidate = earlier === undefined ? undefined : signerOf(adapter, earlier, webhook);
    if (candidate !== undefined) return { candidate, verified: true };
    return this.verify(adapter, (await this.remembered.look(key, look)) ?? [], webhook);
  }

  private verify(
    adapter: ProviderAdapter,
    candidates: readonly Candidate[],
    webhook: IncomingWebhook,
  ): { candidate: Candidate; verified: boolean } {
    const signer = signerOf(adapter, candidates, webhook);
    if (signer !== undefined) return { candidate: signer, verified: true };
    const secretless = candidates.filter(({ secrets }) => secrets.length === 0);
    const [hinted] = secretless;
    if (hinted !== undefined && adapter.webhooks.unsignedHints && secretless.length === 1) {
      const retryAfterMs = this.hints.take(hinted.id, webhook.receivedAt);
      if (retryAfterMs > 0)
        throw new BillingError('too_many_requests', 'too many unsigned webhooks: set a webhook secret', {
          details: { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) },
        });
      return { candidate: hinted, verified: false };
    }
    // Stored nothing: what nobody has signed, anybody can have sent.
    const reason = refusalOf(adapter, candidates, webhook);
    this.logger.warn({ event: 'webhook.refused', provider: adapter.provider, reason });
    throw new BillingError('permission_denied', `the webhook is refused: ${reason}`, {
      code: 'invalid_signature',
      httpStatus: 401,
    });
  }

  private parse(adapter: ProviderAdapter, webhook: IncomingWebhook, verified: boolean): ProviderEvent {
    try {
      const event = adapter.webhooks.parse(webhook.body);
      if (event.id.length > LONGEST_ID || ('remoteId' in event && event.remoteId.length > LONGEST_ID))
        throw validationError(`not an event: an id of more than ${LONGEST_ID} characters`);
      if (verified) return event;
      // The id of an unsigned call is anybody's word: repeated with another body it must not hide the true one.
      return { ...event, id: `hint:${createHash('sha256').update(webhook.body).digest('hex')}` };
    } catch (error) {
      if (error instanceof ProviderError) throw validationError(`not an event: ${error.message}`);
      throw error;
    }
  }

  private async candidates(adapter: ProviderAdapter, target: WebhookTarget): Promise<Candidate[]> {
    const [condition, parameters] =
      target === 'any'
        ? ['TRUE', []]
        : 'connectionId' in target
          ? ['id = $2', [target.connectionId]]
          : ['tenant_id = $2 AND environment_id = $3', [target.tenantId, target.environmentId]];
    const rows = await this.uow.system(
      async (em) =>
        await em.query<
          {
            id: string;
            tenant_id: string;
            environment_id: string;
            provider: string;
            credentials: Connection['credentials'];
          }[]
        >(
          `SELECT id, tenant_id, environment_id, provider, credentials FROM connections
            WHERE provider = $1 AND status = 'published' AND ${condition}
            ORDER BY is_default DESC, id LIMIT ${MAX_CANDIDATES}`,
          [adapter.provider, ...parameters],
        ),
    );
    if (rows.length === 0)
      throw notFound(`${adapter.provider} connection for this webhook`, JSON.stringify(target));
    return rows.map((row) => ({
      id: row.id,
      scope: { tenantId: row.tenant_id, environmentId: row.environment_id },
      secrets: this.sessions.webhookSecrets({
        id: row.id,
        tenantId: row.tenant_id,
        provider: row.provider,
        credentials: row.credentials,
      }),
    }));
  }
}

const keyOf = (provider: string, target: WebhookTarget): string =>
  target === 'any'
    ? provider
    : 'connectionId' in target
      ? `${provider} connection ${target.connectionId}`
      : `${provider} environment ${target.tenantId} ${target.environmentId}`;

/** The connection whose secret has signed it. */
const signerOf = (
  adapter: ProviderAdapter,
  candidates: readonly Candidate[],
  webhook: IncomingWebhook,
): Candidate | undefined =>
  candidates.find(({ secrets }) => secrets.length > 0 && adapter.webhooks.verify(webhook, secrets).verified);

function refusalOf(
  adapter: ProviderAdapter,
  candidates: readonly Candidate[],
  webhook: IncomingWebhook,
): string {
  const last = candidates.findLast(({ secrets }) => secrets.length > 0);
  const verdict = last === undefined ? undefined : adapter.webhooks.verify(webhook, last.secrets);
  return verdict === undefined || verdict.verified
    ? 'there is no connection that could have sent it'
    : `its signature is ${verdict.reason}`;
}

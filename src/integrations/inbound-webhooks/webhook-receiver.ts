import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { BillingError, notFound, validationError } from '../../domain/errors.js';
import { WallClock } from '../../platform/clock/clock.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { RateLimiter } from '../../platform/http/rate-limiter.js';
import type { IncomingWebhook, ProviderAdapter } from '../../providers/provider-adapter.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { ProviderEvent } from '../../providers/provider-event.js';
import { ProvidersService } from '../../providers/providers.service.js';
import { WebhookEventsService } from './webhook-events.service.js';

/** Where a webhook says that it belongs. */
export type WebhookTarget =
  | { readonly connectionId: string }
  | { readonly tenantId: string; readonly environmentId: string }
  /** Only a provider: the connection is the one whose secret verifies. */
  | 'any';

type Candidate = Pick<Connection, 'id' | 'tenantId' | 'environmentId' | 'provider' | 'credentials'>;

/** Unsigned hints of one connection in a minute: enough for a busy shop, too few to make us call its provider to death. */
const HINTS_PER_MINUTE = 60;
const MINUTE_MS = 60_000;
const MAX_CANDIDATES = 500;

/**
 * Verify on the bytes as they came, insert once, acknowledge. Handling comes later. A database that is away is an
 * exception here and a 5xx there, so that the provider sends it again.
 */
@Injectable()
export class WebhookReceiver {
  private readonly logger = new Logger(WebhookReceiver.name);
  private readonly hints = new RateLimiter(HINTS_PER_MINUTE, MINUTE_MS);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly providers: ProvidersService,
    private readonly sessions: ProviderSessionsService,
    private readonly events: WebhookEventsService,
  ) {}

  async receive(
    provider: string,
    target: WebhookTarget,
    request: {
      readonly body: Buffer;
      readonly headers: Readonly<Record<string, string>>;
      readonly requestId: string;
    },
  ): Promise<'stored' | 'known'> {
    const adapter = this.providers.find(provider);
    if (adapter === undefined) throw notFound('provider', provider);
    const candidates = await this.candidates(adapter, target);
    const webhook: IncomingWebhook = {
      body: request.body,
      headers: request.headers,
      receivedAt: this.clock.now(),
    };
    const { candidate, verified } = this.verify(adapter, candidates, webhook);
    const event = this.parse(adapter, webhook, verified);
    const scope = { tenantId: candidate.tenantId, environmentId: candidate.environmentId };
    const caller = { scope, actor: `webhook:${adapter.provider}`, requestId: request.requestId };
    const isNew = await this.uow.run(caller, (ctx) =>
      this.events.insertOnce(ctx, candidate, event, verified),
    );
    return isNew ? 'stored' : 'known';
  }

  private verify(
    adapter: ProviderAdapter,
    candidates: readonly Candidate[],
    webhook: IncomingWebhook,
  ): { candidate: Candidate; verified: boolean } {
    const secretless: Candidate[] = [];
    let reason = 'there is no connection that could have sent it';
    for (const candidate of candidates) {
      const secrets = this.sessions.webhookSecrets(candidate);
      if (secrets.length === 0) {
        secretless.push(candidate);
        continue;
      }
      const verdict = adapter.webhooks.verify(webhook, secrets);
      if (verdict.verified) return { candidate, verified: true };
      reason = `its signature is ${verdict.reason}`;
    }
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
    this.logger.warn({ event: 'webhook.refused', provider: adapter.provider, reason });
    throw new BillingError('permission_denied', `the webhook is refused: ${reason}`, {
      code: 'invalid_signature',
      httpStatus: 401,
    });
  }

  private parse(adapter: ProviderAdapter, webhook: IncomingWebhook, verified: boolean): ProviderEvent {
    try {
      const event = adapter.webhooks.parse(webhook.body);
      // The id of an unsigned call is anybody's word: repeated with another body it must not hide the true one.
      const id = verified ? event.id : `hint:${createHash('sha256').update(webhook.body).digest('hex')}`;
      return { ...event, id };
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
      tenantId: row.tenant_id,
      environmentId: row.environment_id,
      provider: row.provider,
      credentials: row.credentials,
    }));
  }
}

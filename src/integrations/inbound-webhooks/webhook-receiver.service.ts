import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { BillingError, notFound, validationError } from '../../domain/errors.js';
import { isStorableText } from '../../domain/text.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Scope } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { readInstant } from '../../platform/http/time-fields.js';
import { RateLimiter } from '../../platform/http/rate-limiter.js';
import { RefreshAheadCache } from '../../platform/refresh-ahead-cache.js';
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

interface ConnectionRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly environment_id: string;
  readonly provider: string;
  readonly is_default: boolean;
  readonly credentials: Connection['credentials'];
}

/** Unsigned hints of one connection in a minute: enough for a busy shop, too few to make us call its provider to death. */
const HINTS_PER_MINUTE = 60;
const MINUTE_MS = 60_000;
/** Of an event, its type, and what it speaks of. Stripe's are never longer. An index takes no key of some thousand characters. */
const LONGEST_ID = 255;
/** Connections that are read, and signatures that are tried, before others have their turn. */
const PAGE = 500;
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
  private readonly remembered: RefreshAheadCache<readonly Candidate[]>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly providers: ProvidersService,
    private readonly sessions: ProviderSessionsService,
    private readonly writer: WebhookWriter,
    connections: ConnectionsService,
  ) {
    this.remembered = new RefreshAheadCache(clock, { believedMs: REMEMBERED_MS, most: MOST_REMEMBERED });
    // A secret that was ended is refused here at once; other processes believe it for as long as they remember it.
    connections.onSecretsChanged((changed) => {
      this.remembered.forget((candidates) => candidates.some(({ id }) => id === changed));
    });
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
    const candidate = earlier === undefined ? undefined : await signerOf(adapter, earlier, webhook);
    if (candidate !== undefined) return { candidate, verified: true };
    return this.verify(adapter, (await this.remembered.look(key, look)) ?? [], webhook);
  }

  private async verify(
    adapter: ProviderAdapter,
    candidates: readonly Candidate[],
    webhook: IncomingWebhook,
  ): Promise<{ candidate: Candidate; verified: boolean }> {
    const signer = await signerOf(adapter, candidates, webhook);
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
      for (const text of [event.id, event.type, event.accountId, 'remoteId' in event ? event.remoteId : ''])
        if (text !== undefined && (text.length > LONGEST_ID || !isStorableText(text)))
          throw validationError(
            `not an event: an id or type of more than ${LONGEST_ID} characters, or of none that can be stored`,
          );
      if (event.occurredAt !== undefined && readInstant(event.occurredAt) === undefined)
        throw validationError('not an event: its time lies outside of 1970 to 9999');
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
    const rows: ConnectionRow[] = [];
    for (let after = ''; ;) {
      const page = await this.uow.runSystem(
        async (em) =>
          await em.query<ConnectionRow[]>(
            `SELECT id, tenant_id, environment_id, provider, is_default, credentials FROM connections
              WHERE provider = $1 AND status = 'published' AND ${condition}
                AND id > $${parameters.length + 2} ORDER BY id LIMIT ${PAGE}`,
            [adapter.provider, ...parameters, after],
          ),
      );
      rows.push(...page);
      if (page.length < PAGE) break;
      after = page.at(-1)?.id ?? '';
    }
    if (rows.length === 0)
      throw notFound(`${adapter.provider} connection for this webhook`, JSON.stringify(target));
    return [...rows.filter((row) => row.is_default), ...rows.filter((row) => !row.is_default)].flatMap(
      (row) => this.candidate(row),
    );
  }

  /** A credential that does not open is its own connection's trouble: on a shared address it must not be everybody's. */
  private candidate(row: ConnectionRow): Candidate[] {
    const { id, tenant_id: tenantId, environment_id: environmentId, provider, credentials } = row;
    try {
      const secrets = this.sessions.webhookSecrets({ id, tenantId, provider, credentials });
      return [{ id, scope: { tenantId, environmentId }, secrets }];
    } catch (error) {
      this.logger.error({ event: 'webhook.secret_unreadable', connection_id: id, err: error });
      return [];
    }
  }
}

const keyOf = (provider: string, target: WebhookTarget): string =>
  target === 'any'
    ? provider
    : 'connectionId' in target
      ? `${provider} connection ${target.connectionId}`
      : `${provider} environment ${target.tenantId} ${target.environmentId}`;

/** The connection whose secret has signed it. */
async function signerOf(
  adapter: ProviderAdapter,
  candidates: readonly Candidate[],
  webhook: IncomingWebhook,
): Promise<Candidate | undefined> {
  for (let start = 0; start < candidates.length; start += PAGE) {
    if (start > 0) await nextTurn();
    const signer = candidates
      .slice(start, start + PAGE)
      .find(({ secrets }) => secrets.length > 0 && adapter.webhooks.verify(webhook, secrets).verified);
    if (signer !== undefined) return signer;
  }
  return undefined;
}

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

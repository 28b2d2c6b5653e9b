import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { fieldErrors, invalidOperation, notFound } from '../domain/errors.js';
import { afterFailure, HEALTHY, isGivenUp } from '../domain/notifying/delivery-schedule.js';
import { WallClock } from '../platform/time/clock.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { findRow, findRows, insertRow, updateRow } from '../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../platform/http/list-query.js';
import { SealedSecrets, type Reseal } from '../platform/reseal/sealed-secrets.js';
import { SECRET_BOX, SecretBox } from '../platform/secrets/secret-box.js';
import { WebhookEndpointEntity, type SigningSecret } from './webhook-endpoint.entity.js';
import type { WebhookEndpoint } from './notifications.types.js';
import type { WebhookEventType } from './webhook-events.types.js';
import { WebhookSender } from './webhook-sender.js';
import { newSigningSecret } from './webhook-signature.js';

/** `$1` is the present time. Of one that was deleted nothing is left. */
const ENVELOPES = `SELECT id, tenant_id, environment_id, e.sealed
  FROM webhook_endpoints
 CROSS JOIN LATERAL (VALUES (secret ->> 'sealed', NULL),
                            (secret #>> '{previous,sealed}', secret #>> '{previous,until}')) AS e (sealed, until)
 WHERE e.sealed <> '' AND (e.until IS NULL OR e.until::timestamptz > $1)`;
const MOST_ENDPOINTS = 50;
const NEWS_AFTER_MS = 60_000;
const FIELDS = { url: 'url', created_at: 'createdAt', updated_at: 'updatedAt' };

export interface EndpointInput {
  readonly url: string;
  readonly description?: string;
  readonly eventTypes: readonly WebhookEventType[] | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface EndpointChange {
  readonly url?: string;
  readonly description?: string;
  readonly eventTypes?: readonly WebhookEventType[] | null;
  readonly isEnabled?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

@Injectable()
export class WebhookEndpointsService {
  private readonly logger = new Logger(WebhookEndpointsService.name);

  constructor(
    @Inject(SECRET_BOX) private readonly box: SecretBox,
    private readonly sender: WebhookSender,
    private readonly clock: WallClock,
    sealed: SealedSecrets,
  ) {
    sealed.register({
      kind: 'webhook_endpoint_secrets',
      envelopes: ENVELOPES,
      reseal: (ctx, id, reseal) => this.reseal(ctx, id, reseal),
    });
  }

  /** The new endpoint, and its secret: nobody can ask for that again. */
  async create(ctx: Ctx, input: EndpointInput): Promise<{ endpoint: WebhookEndpoint; secret: string }> {
    this.assertUrl(input.url);
    if ((await this.published(ctx)).length >= MOST_ENDPOINTS)
      throw invalidOperation(
        `an environment has at most ${MOST_ENDPOINTS} webhook endpoints`,
        'too_many_webhook_endpoints',
      );
    const stamp = auditColumnsForInsert(ctx, 'webhookEndpoint');
    const secret = newSigningSecret();
    const endpoint = await insertRow(ctx.em, WebhookEndpointEntity, {
      ...stamp,
      url: input.url,
      description: input.description ?? null,
      eventTypes: input.eventTypes && [...input.eventTypes],
      secret: this.seal(ctx, stamp.id, secret),
      endpointState: 'enabled',
      disabledReason: null,
      lastSuccessAt: null,
      metadata: { ...input.metadata },
      ...HEALTHY,
    });
    return { endpoint, secret };
  }

  async get(ctx: Ctx, id: string): Promise<WebhookEndpoint> {
    const row = await this.find(ctx, id);
    if (row === null) throw notFound('webhook endpoint', id);
    return row;
  }

  find(ctx: Ctx, id: string): Promise<WebhookEndpoint | null> {
    return findRow(ctx.em, WebhookEndpointEntity, { id, status: 'published' });
  }

  async enabled(ctx: Ctx): Promise<WebhookEndpoint[]> {
    return (await this.published(ctx)).filter(({ endpointState }) => endpointState === 'enabled');
  }

  /** Of those environments, of whatever tenants, the ones in which an endpoint listens. For the system's own units of work. */
  async environmentsWithAny(
    em: EntityManager,
    environmentIds: readonly string[],
  ): Promise<ReadonlySet<string>> {
    const rows = await queryPrepared<{ id: string }>(
      em,
      `SELECT DISTINCT environment_id AS id FROM webhook_endpoints
        WHERE environment_id = ANY ($1) AND status = 'published' AND endpoint_state = 'enabled'`,
      [environmentIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  search(
    ctx: Ctx,
    request: ListRequest,
  ): Promise<{ rows: WebhookEndpoint[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(WebhookEndpointEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    return findPage(query, request, FIELDS);
  }

  async update(ctx: Ctx, id: string, change: EndpointChange): Promise<WebhookEndpoint> {
    const before = await this.lock(ctx, id);
    if (change.url !== undefined) this.assertUrl(change.url);
    const { isEnabled } = change;
    await updateRow(ctx.em, WebhookEndpointEntity, id, {
      ...auditColumnsForUpdate(ctx),
      url: change.url ?? before.url,
      description: change.description ?? before.description,
      eventTypes:
        change.eventTypes === undefined ? before.eventTypes : change.eventTypes && [...change.eventTypes],
      metadata: { ...before.metadata, ...change.metadata },
      ...(isEnabled === undefined
        ? {}
        : { endpointState: isEnabled ? ('enabled' as const) : ('disabled' as const), disabledReason: null }),
      // Another address, or a hand that says it works again: what went wrong before says nothing any more.
      ...(isEnabled === true || (change.url !== undefined && change.url !== before.url) ? HEALTHY : {}),
    });
    return this.get(ctx, id);
  }

  async delete(ctx: Ctx, id: string): Promise<void> {
    await this.lock(ctx, id);
    // The secret goes with it.
    const secret = { sealed: '', last4: '' };
    await updateRow(ctx.em, WebhookEndpointEntity, id, {
      ...auditColumnsForUpdate(ctx),
      status: 'deleted',
      secret,
    });
  }

  /** A new secret. For `overlapHours` messages are signed with the one before as well, so that a receiver can follow in its own time. */
  async rotateSecret(
    ctx: Ctx,
    id: string,
    overlapHours: number,
  ): Promise<{ endpoint: WebhookEndpoint; secret: string }> {
    const before = await this.lock(ctx, id);
    const secret = newSigningSecret();
    const until = new Date(this.clock.now().getTime() + overlapHours * 3_600_000).toISOString();
    await updateRow(ctx.em, WebhookEndpointEntity, id, {
      ...auditColumnsForUpdate(ctx),
      secret: {
        ...this.seal(ctx, id, secret),
        ...(overlapHours > 0 ? { previous: { sealed: before.secret.sealed, until } } : {}),
      },
    });
    return { endpoint: await this.get(ctx, id), secret };
  }

  /** What to sign with now, the newest first. Undefined where the key that they were sealed with is gone. */
  secretsOf(ctx: Ctx, { id, secret }: WebhookEndpoint): string[] | undefined {
    const { sealed, previous } = secret;
    const stillValid =
      previous !== undefined && new Date(previous.until) > this.clock.now() ? [previous.sealed] : [];
    try {
      return [sealed, ...stillValid].map((one) => this.box.open(one, context(ctx, id)));
    } catch (error) {
      this.logger.error({ event: 'webhook.secret_not_opened', endpoint_id: id, err: error });
      return undefined;
    }
  }

  async recordSuccess(ctx: Ctx, id: string): Promise<void> {
    const now = this.clock.now();
    const seen = await this.find(ctx, id);
    if (seen === null) return;
    // Of a thousand messages a minute the row need not hear a thousand times.
    const lastHeard = seen.lastSuccessAt?.getTime() ?? 0;
    if (seen.failingSince === null && now.getTime() - lastHeard <= NEWS_AFTER_MS) return;
    await updateRow(ctx.em, WebhookEndpointEntity, id, { ...HEALTHY, lastSuccessAt: now });
  }

  /** `isGone`: it has said that it will never take anything again. Answers whether it is tried again. */
  async recordFailure(ctx: Ctx, id: string, isGone: boolean): Promise<boolean> {
    const now = this.clock.now();
    const before = await findRow(ctx.em, WebhookEndpointEntity, { id, status: 'published' }, { lock: true });
    if (before === null) return false;
    const health = afterFailure(before, now);
    const reason = isGone
      ? 'it has answered 410 Gone'
      : isGivenUp(health, now)
        ? `it has taken nothing since ${(health.failingSince ?? now).toISOString()}`
        : undefined;
    await updateRow(ctx.em, WebhookEndpointEntity, id, {
      ...health,
      ...(reason === undefined ? {} : { endpointState: 'disabled' as const, disabledReason: reason }),
    });
    if (reason === undefined) return true;
    this.logger.warn({ event: 'webhook.endpoint_disabled', endpoint_id: id, reason });
    return false;
  }

  private async lock(ctx: Ctx, id: string): Promise<WebhookEndpoint> {
    const row = await findRow(ctx.em, WebhookEndpointEntity, { id, status: 'published' }, { lock: true });
    if (row === null) throw notFound('webhook endpoint', id);
    return row;
  }

  private published(ctx: Ctx): Promise<WebhookEndpoint[]> {
    return findRows(ctx.em, WebhookEndpointEntity, { status: 'published' }, { orderBy: 'id' });
  }

  private assertUrl(url: string): void {
    const objection = this.sender.objectionTo(url);
    if (objection !== undefined) throw fieldErrors({ url: objection });
  }

  /** Without a secret that is over. */
  private async reseal(ctx: Ctx, id: string, reseal: Reseal): Promise<void> {
    const row = await findRow(ctx.em, WebhookEndpointEntity, { id }, { lock: true });
    if (row === null || row.secret.sealed === '') return;
    const { previous, ...current } = row.secret;
    const again = (sealed: string): string => reseal(sealed, context(ctx, id));
    const isOver = previous === undefined || new Date(previous.until) <= this.clock.now();
    const secret = {
      ...current,
      sealed: again(current.sealed),
      ...(isOver ? {} : { previous: { ...previous, sealed: again(previous.sealed) } }),
    };
    await updateRow(ctx.em, WebhookEndpointEntity, id, { secret });
  }

  private seal(ctx: Ctx, id: string, secret: string): SigningSecret {
    return { sealed: this.box.seal(secret, context(ctx, id)), last4: secret.slice(-4) };
  }
}

const context = (ctx: Ctx, id: string): string[] => [ctx.scope.tenantId, id, 'signing_secret'];

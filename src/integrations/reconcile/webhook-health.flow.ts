import { Inject, Injectable, Logger } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import type { Connection, WebhookHealth } from '../../connections/connections.types.js';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { RemoteWebhookEndpoint, WebhookEndpointOperations } from '../../providers/provider-adapter.js';
import { ProviderError } from '../../providers/provider-error.js';
import { repairOf } from '../inbound-webhooks/webhook-repair.js';
import { RECONCILE_OPTIONS, type ReconcileOptions } from './reconcile.options.js';

/** A webhook is looked at with every so-many-th poll. */
const POLLS_A_CHECK = 5;

/** Notices a webhook that does not reach us any more, switches it on again, and has told again what was missed. */
@Injectable()
export class WebhookHealthFlow {
  private readonly logger = new Logger(WebhookHealthFlow.name);

  constructor(
    @Inject(RECONCILE_OPTIONS) private readonly options: ReconcileOptions,
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly connections: ConnectionsService,
    private readonly sessions: ProviderSessionsService,
  ) {}

  /** Where the provider tells of its deliveries, and was not asked a moment ago. */
  async check(caller: Caller, connection: Connection): Promise<void> {
    const endpoints = this.sessions.open(connection).webhookEndpoints;
    const before = connection.webhookHealth;
    const now = this.clock.now();
    const pause = POLLS_A_CHECK * this.options.everyMs;
    if (endpoints?.inspect === undefined) return;
    if (before !== null && now.getTime() - Date.parse(before.checkedAt) < pause) return;
    const health = await this.look(endpoints, connection, now);
    await this.uow.run(caller, (ctx) => this.connections.recordWebhookHealth(ctx, connection.id, health));
  }

  private async look(
    endpoints: WebhookEndpointOperations,
    connection: Connection,
    now: Date,
  ): Promise<WebhookHealth> {
    const { id, provider, tenantId, environmentId, webhookHealth: before } = connection;
    try {
      const paths = [`/webhooks/${provider}/${id}`, `/webhooks/${provider}/${tenantId}/${environmentId}`];
      const found = (await endpoints.inspect?.(paths)) ?? null;
      return await this.repair(endpoints, connection, found, now);
    } catch (error) {
      // A key that may not see webhooks can do everything else.
      if (!(error instanceof ProviderError) || error.kind !== 'forbidden') throw error;
      const checkedAt = now.toISOString();
      return { state: 'unknown', reason: error.message, failures: before?.failures ?? 0, checkedAt };
    }
  }

  private async repair(
    endpoints: WebhookEndpointOperations,
    connection: Connection,
    found: RemoteWebhookEndpoint | null,
    now: Date,
  ): Promise<WebhookHealth> {
    const { health, enable, replayFrom } = repairOf(found, connection.webhookHealth, now);
    if (found === null || (!enable && replayFrom === undefined)) return health;
    this.logger.warn({
      event: 'connection.webhook_repaired',
      connection_id: connection.id,
      state: health.state,
      reason: health.reason,
      enabled: enable,
      replay_from: replayFrom?.toISOString(),
    });
    if (enable) await endpoints.enable?.(found.remoteId);
    if (replayFrom !== undefined)
      await endpoints.replay?.(found.remoteId, replayFrom, {
        key: `${connection.id}:replay:${replayFrom.getTime()}:${health.replays ?? 0}:${now.getTime()}`,
        firstTriedAt: now,
        number: 1,
      });
    return health;
  }
}

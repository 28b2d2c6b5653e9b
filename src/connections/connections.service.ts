import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { fieldErrors, invalidOperation, notFound } from '../domain/errors.js';
import type { Ctx } from '../platform/context.js';
import { WallClock } from '../platform/time/clock.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { findRow, findRows, insertRow, updateRow } from '../platform/database/rows.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { BoundedSet } from '../platform/bounded-set.js';
import { SealedSecrets, type Reseal } from '../platform/reseal/sealed-secrets.js';
import { SECRET_BOX, SecretBox } from '../platform/secrets/secret-box.js';
import type { ProviderAccount, ProviderAdapter } from '../providers/provider-adapter.js';
import { ProviderError } from '../providers/provider-error.js';
import { ConnectionEntity } from './connection.entity.js';
import { isBroken, type WebhookHealth } from './webhook-health.js';
import type { Connection, SyncConfig, SyncDirection, SyncEntity } from './connections.types.js';
import { resealCredentials, sealCredentials, shortenOverlap, type GivenCredentials } from './credentials.js';

const FIELDS = { name: 'name', provider: 'provider', created_at: 'createdAt', updated_at: 'updatedAt' };

export interface ConnectionInput {
  readonly id: string;
  readonly name: string;
  readonly adapter: ProviderAdapter;
  readonly given: GivenCredentials;
  readonly syncConfig: SyncConfig;
  readonly isDefault: boolean | undefined;
  readonly account: ProviderAccount;
}

export interface ConnectionChange {
  readonly name?: string;
  readonly syncConfig?: SyncConfig;
  readonly isDefault?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, string>>;
  /** How long a webhook secret that is replaced now, or was before, goes on verifying. */
  readonly webhookSecretOverlapHours?: number;
}

/** `$1` is the present time. */
const ENVELOPES = `SELECT id, tenant_id, environment_id, e.sealed
  FROM connections
 CROSS JOIN jsonb_each(credentials) AS c (name, value)
 CROSS JOIN LATERAL (VALUES (c.value ->> 'sealed', NULL),
                            (c.value #>> '{previous,sealed}', c.value #>> '{previous,until}')) AS e (sealed, until)
 WHERE e.sealed <> '' AND (e.until IS NULL OR e.until::timestamptz > $1)`;

@Injectable()
export class ConnectionsService {
  /** Environments that have, or had, a connection. */
  private readonly connected = new BoundedSet();
  private readonly secretListeners: ((connectionId: string) => void)[] = [];

  constructor(
    @Inject(SECRET_BOX) private readonly box: SecretBox,
    private readonly outbox: Outbox,
    private readonly clock: WallClock,
    sealed: SealedSecrets,
  ) {
    sealed.register({
      kind: 'connection_credentials',
      envelopes: ENVELOPES,
      reseal: (ctx, id, reseal) => this.reseal(ctx, id, reseal),
    });
  }

  /** Calls that in this process when secrets of a connection were replaced or ended. */
  onSecretsChanged(listener: (connectionId: string) => void): void {
    this.secretListeners.push(listener);
  }

  async create(ctx: Ctx, input: ConnectionInput): Promise<Connection> {
    await this.assertOneMode(ctx, input.adapter, input.account);
    const isDefault = input.isDefault ?? (await this.findDefault(ctx, input.adapter.provider)) === null;
    if (isDefault) await this.dropDefault(ctx, input.adapter.provider);
    const row = await insertRow(ctx.em, ConnectionEntity, {
      ...auditColumnsForInsert(ctx, 'connection'),
      id: input.id,
      name: input.name,
      provider: input.adapter.provider,
      isDefault,
      connectionState: 'active',
      credentials: this.seal(ctx, input.id, input.adapter, input.given, {}),
      settings: { ...input.given.settings, ...input.account.settings },
      syncConfig: input.syncConfig,
      accountId: input.account.accountId ?? null,
      livemode: input.account.livemode ?? null,
      pausedReason: null,
      lastSuccessAt: ctx.now,
      lastErrorAt: null,
      lastError: null,
      lastPolledAt: null,
      webhookHealth: null,
      metadata: input.given.metadata,
    });
    // Begins the polls of its provider.
    await this.outbox.append(ctx, {
      type: 'connection.created',
      entityType: 'connection',
      entityId: row.id,
    });
    return row;
  }

  async get(ctx: Ctx, id: string): Promise<Connection> {
    const row = await this.find(ctx, id);
    if (row === null) throw notFound('connection', id);
    return row;
  }

  find(ctx: Ctx, id: string): Promise<Connection | null> {
    return findRow(ctx.em, ConnectionEntity, { id, status: 'published' });
  }

  findDefault(ctx: Ctx, provider: string): Promise<Connection | null> {
    return findRow(ctx.em, ConnectionEntity, { provider, isDefault: true, status: 'published' });
  }

  /** The default connection of a provider, for requests that name only the provider. */
  async requireDefault(ctx: Ctx, provider: string): Promise<Connection> {
    const row = await this.findDefault(ctx, provider);
    if (row === null)
      throw invalidOperation(`there is no ${provider} connection in this environment`, 'connection_missing');
    return row;
  }

  /** All connections of the environment that keep that kind of entity in step in that direction. */
  async listSyncing(ctx: Ctx, entity: SyncEntity, direction: SyncDirection): Promise<readonly Connection[]> {
    return (await this.listAll(ctx)).filter((row) => row.syncConfig[entity][direction]);
  }

  /** Of those environments, of whatever tenants, the ones that have a connection, or had one. For the system's own units of work. */
  async environmentsWithAny(
    em: EntityManager,
    environmentIds: readonly string[],
  ): Promise<ReadonlySet<string>> {
    const unknown = environmentIds.filter((id) => !this.connected.has(id));
    if (unknown.length > 0) {
      const rows = await queryPrepared<{ id: string }>(
        em,
        `SELECT DISTINCT environment_id AS id FROM connections
          WHERE environment_id = ANY ($1) AND status = 'published'`,
        [unknown],
      );
      for (const { id } of rows) this.connected.add(id);
    }
    return new Set(environmentIds.filter((id) => this.connected.has(id)));
  }

  listAll(ctx: Ctx): Promise<Connection[]> {
    return findRows(ctx.em, ConnectionEntity, { status: 'published' }, { orderBy: 'id' });
  }

  search(
    ctx: Ctx,
    request: SearchRequest & { provider?: string },
  ): Promise<{ rows: Connection[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(ConnectionEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.provider)
      query.andWhere('row.provider = :provider', { provider: request.provider.toLowerCase() });
    return findPage(query, request, FIELDS);
  }

  async update(
    ctx: Ctx,
    id: string,
    adapter: ProviderAdapter,
    change: ConnectionChange,
    replaced: { given: GivenCredentials; account: ProviderAccount } | undefined,
  ): Promise<Connection> {
    // Two changes at a time, or a change and a reseal, would each write back secrets that the other has replaced.
    const before = await findRow(ctx.em, ConnectionEntity, { id, status: 'published' }, { lock: true });
    if (before === null) throw notFound('connection', id);
    if (replaced !== undefined) assertSameAccount(before, adapter, replaced.account);
    if (change.isDefault === true && !before.isDefault) await this.dropDefault(ctx, before.provider);
    const overlapHours = change.webhookSecretOverlapHours;
    const shortened =
      overlapHours === undefined
        ? before.credentials
        : shortenOverlap(adapter.credentialFields, before.credentials, this.clock.now(), overlapHours);
    const credentials = replaced
      ? this.seal(ctx, id, adapter, replaced.given, shortened, overlapHours)
      : shortened;
    await updateRow(ctx.em, ConnectionEntity, id, {
      ...auditColumnsForUpdate(ctx),
      name: change.name ?? before.name,
      syncConfig: change.syncConfig ?? before.syncConfig,
      isDefault: change.isDefault ?? before.isDefault,
      metadata: { ...before.metadata, ...change.metadata, ...replaced?.given.metadata },
      settings: {
        ...before.settings,
        ...replaced?.given.settings,
        ...replaced?.account.settings,
        ...change.settings,
      },
      credentials,
      ...(replaced
        ? {
            accountId: replaced.account.accountId ?? before.accountId,
            livemode: replaced.account.livemode ?? before.livemode,
          }
        : {}),
    });
    if (replaced) await this.recordSuccess(ctx, id);
    if (replaced !== undefined || overlapHours !== undefined) this.tellSecretsChanged(ctx, id);
    return this.get(ctx, id);
  }

  /** Non-secret settings that a session has found out or made: the id of a product that invoices hang on. */
  async addSettings(ctx: Ctx, id: string, settings: Readonly<Record<string, string>>): Promise<void> {
    const before = await this.get(ctx, id);
    await updateRow(ctx.em, ConnectionEntity, id, { settings: { ...before.settings, ...settings } });
  }

  async delete(ctx: Ctx, id: string): Promise<void> {
    await this.get(ctx, id);
    await updateRow(
      ctx.em,
      ConnectionEntity,
      id, // The secrets go with it: a deleted connection must not be able to call anybody.
      { ...auditColumnsForUpdate(ctx), status: 'deleted', isDefault: false, credentials: {} },
    );
    this.tellSecretsChanged(ctx, id);
  }

  /** Whatever its status: an envelope that stays behind would keep its key in use. */
  private async reseal(ctx: Ctx, id: string, reseal: Reseal): Promise<void> {
    const row = await findRow(ctx.em, ConnectionEntity, { id }, { lock: true });
    if (row === null) return;
    const owner = { tenantId: ctx.scope.tenantId, connectionId: id };
    const credentials = resealCredentials(owner, row.credentials, this.clock.now(), reseal);
    await updateRow(ctx.em, ConnectionEntity, id, { credentials });
  }

  private tellSecretsChanged(ctx: Ctx, id: string): void {
    ctx.afterCommit(() => {
      for (const listener of this.secretListeners) listener(id);
    });
  }

  /** The provider has answered: a paused connection works again, and what waited for it goes on. */
  async recordSuccess(ctx: Ctx, id: string): Promise<void> {
    const before = await this.get(ctx, id);
    if (before.connectionState === 'active' && isRecent(before.lastSuccessAt, ctx.now)) return;
    await updateRow(ctx.em, ConnectionEntity, id, {
      lastSuccessAt: ctx.now,
      connectionState: 'active',
      pausedReason: null,
    });
    if (before.connectionState === 'paused')
      await this.outbox.append(ctx, { type: 'connection.resumed', entityType: 'connection', entityId: id });
  }

  /** The provider has refused or not answered. Refused credentials pause the connection until they are repaired. */
  async recordFailure(ctx: Ctx, id: string, error: ProviderError): Promise<void> {
    const connection = await this.find(ctx, id);
    if (connection === null) return;
    await updateRow(ctx.em, ConnectionEntity, id, {
      lastErrorAt: ctx.now,
      lastError: error.message,
      ...(error.kind === 'auth' ? { connectionState: 'paused' as const, pausedReason: error.message } : {}),
    });
    if (error.kind === 'auth' && connection.connectionState === 'active')
      await this.outbox.append(ctx, { type: 'connection.paused', entityType: 'connection', entityId: id });
  }

  /** Tells when a webhook has begun to fail, and when it works again. */
  async recordWebhookHealth(ctx: Ctx, id: string, health: WebhookHealth): Promise<void> {
    const before = await this.find(ctx, id);
    if (before === null) return;
    await updateRow(ctx.em, ConnectionEntity, id, { webhookHealth: health });
    const was = isBroken(before.webhookHealth);
    if (was === isBroken(health)) return;
    await this.outbox.append(ctx, {
      type: was ? 'connection.webhook_recovered' : 'connection.webhook_failed',
      entityType: 'connection',
      entityId: id,
    });
  }

  async recordPolled(ctx: Ctx, id: string, until: Date): Promise<void> {
    await updateRow(ctx.em, ConnectionEntity, id, { lastPolledAt: until });
  }

  /** What is mapped, and who is billed, must not depend on which of two keys an entity went through. */
  private async assertOneMode(
    ctx: Ctx,
    adapter: ProviderAdapter,
    { livemode }: ProviderAccount,
  ): Promise<void> {
    if (livemode === undefined) return;
    const others = await findRows(ctx.em, ConnectionEntity, {
      provider: adapter.provider,
      status: 'published',
    });
    const odd = others.find((one) => one.livemode !== null && one.livemode !== livemode);
    if (odd === undefined) return;
    const sentence =
      `this is a ${modeOf(livemode)} key, and ${odd.name} in the same environment has a ${modeOf(!livemode)} one: ` +
      'give each mode an environment of its own';
    throw fieldErrors({ [apiSecretOf(adapter)]: sentence });
  }

  private seal(
    ctx: Ctx,
    connectionId: string,
    adapter: ProviderAdapter,
    given: GivenCredentials,
    before: Connection['credentials'],
    overlapHours?: number,
  ): Connection['credentials'] {
    const owner = { tenantId: ctx.scope.tenantId, connectionId };
    // Of the world, not of a test environment: that is what incoming webhooks are held against.
    const now = this.clock.now();
    return sealCredentials(
      this.box,
      adapter.credentialFields,
      owner,
      given.secrets,
      before,
      now,
      overlapHours,
    );
  }

  private async dropDefault(ctx: Ctx, provider: string): Promise<void> {
    await ctx.em.update(ConnectionEntity, { provider, isDefault: true }, { isDefault: false });
  }
}

const modeOf = (livemode: boolean): string => (livemode ? 'live' : 'test');

const apiSecretOf = (adapter: ProviderAdapter): string =>
  adapter.credentialFields.find((one) => one.secret && one.required)?.name ?? 'name';

/** Another account, or the other side of the same one, knows nothing of what is mapped: that is another connection. */
function assertSameAccount(before: Connection, adapter: ProviderAdapter, account: ProviderAccount): void {
  const differs =
    (before.livemode !== null && account.livemode !== undefined && before.livemode !== account.livemode) ||
    (before.accountId !== null && account.accountId !== undefined && before.accountId !== account.accountId);
  if (differs)
    throw fieldErrors({
      [apiSecretOf(adapter)]:
        `the key is for another account or mode than this connection's: make a connection of its own for it`,
    });
}

/** Every call to a provider says that it works; writing each down would make one row the queue of them all. */
const SUCCESS_RESOLUTION_MS = 10_000;

const isRecent = (at: Date | null, now: Date): boolean =>
  at !== null && now.getTime() - at.getTime() < SUCCESS_RESOLUTION_MS;

import { hash as digest, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { grantsOf, makesKeys, type Grant } from '../domain/access/grants.js';
import { BillingError, invalidOperation, notFound } from '../domain/errors.js';
import { WallClock } from '../platform/time/clock.js';
import type { Caller, Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { findRow, findRows, insertRow } from '../platform/database/rows.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { findPage, type ListRequest, type PaginationResponse } from '../platform/http/list-query.js';
import { RefreshAheadCache, type Found } from '../platform/refresh-ahead-cache.js';
import { ApiKeyEntity } from './api-key.entity.js';
import type { EnvironmentKind } from './environment.entity.js';

const PREFIX = 'fpk_';
/** `last_used_at` is for people; writing it on every request would make each read a write. */
const LAST_USED_RESOLUTION_MS = 60_000;
/** How long a key that was revoked by another process may still work here. In this process it ends at once. */
const REMEMBERED_MS = 5_000;
const MOST_REMEMBERED = 10_000;
const LONGEST_KEY = 200;

export interface ApiKeyIdentity {
  readonly caller: Omit<Caller, 'requestId'>;
  readonly environmentKind: EnvironmentKind;
  readonly grants: readonly Grant[];
}

interface KeyRow {
  id: string;
  tenant_id: string;
  environment_id: string;
  kind: EnvironmentKind;
  type: string;
  roles: string[];
  permissions: string[];
  last_used_at: Date | null;
  expires_at: Date | null;
}

export interface NewApiKey {
  readonly name: string;
  readonly kind: EnvironmentKind;
  /** `private_key`, when left out. */
  readonly type?: string | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly permissions?: readonly string[] | undefined;
  readonly expiresAt?: Date | undefined;
}

@Injectable()
export class ApiKeysService {
  /** By key: asking the database costs more than most requests do. */
  private readonly remembered: RefreshAheadCache<ApiKeyIdentity>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
  ) {
    this.remembered = new RefreshAheadCache(clock, { believedMs: REMEMBERED_MS, most: MOST_REMEMBERED });
  }

  /** The key itself is in this answer and nowhere else. */
  async create(ctx: Ctx, input: NewApiKey): Promise<{ key: string; row: ApiKeyEntity }> {
    const key = `${PREFIX}${input.kind}_${randomBytes(32).toString('base64url')}`;
    const row = await insertRow(ctx.em, ApiKeyEntity, {
      ...auditColumnsForInsert(ctx, 'apiKey'),
      name: input.name,
      keyHash: hash(key),
      displayId: `${PREFIX}${input.kind}_…${key.slice(-4)}`,
      type: input.type ?? 'private_key',
      roles: [...(input.roles ?? [])],
      permissions: [...(input.permissions ?? [])],
      expiresAt: input.expiresAt ?? null,
      lastUsedAt: null,
    });
    return { key, row };
  }

  list(ctx: Ctx, request: ListRequest): Promise<{ rows: ApiKeyEntity[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(ApiKeyEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    return findPage(query, request, { name: 'name', created_at: 'createdAt' });
  }

  /**
   * A key like another, which goes on for a while: whoever uses it has that long to take the new one. A key that ends sooner
   * by itself still does.
   */
  async rotate(
    ctx: Ctx,
    id: string,
    input: {
      readonly kind: EnvironmentKind;
      readonly overlapSeconds: number;
      readonly expiresAt?: Date | undefined;
    },
  ): Promise<{ key: string; row: ApiKeyEntity }> {
    const before = await this.lock(ctx, id);
    const { name, type, roles, permissions } = before;
    const { kind, expiresAt } = input;
    const made = await this.create(ctx, { name, type, roles, permissions, kind, expiresAt });
    const ends = new Date(this.clock.now().getTime() + input.overlapSeconds * 1000);
    if (before.expiresAt === null || before.expiresAt > ends)
      await ctx.em.update(ApiKeyEntity, { id }, { ...auditColumnsForUpdate(ctx), expiresAt: ends });
    ctx.afterCommit(() => {
      this.remembered.forget(({ caller }) => caller.actor === id);
    });
    return made;
  }

  /** What that key may do: for whoever is to make another like it. */
  async grantsOf(ctx: Ctx, id: string): Promise<readonly Grant[]> {
    return grantsOf(await this.lock(ctx, id));
  }

  private async lock(ctx: Ctx, id: string): Promise<ApiKeyEntity> {
    const row = await findRow(ctx.em, ApiKeyEntity, { id, status: 'published' }, { lock: true });
    if (row === null) throw notFound('API key', id);
    return row;
  }

  /** Without a key that makes keys nobody could ever make one again but by hand on the server. */
  private async assertAnotherMakesKeys(ctx: Ctx, id: string): Promise<void> {
    const rows = await findRows(ctx.em, ApiKeyEntity, { status: 'published' }, { lock: true });
    const now = this.clock.now();
    const others = rows.filter(
      (row) => row.id !== id && (row.expiresAt === null || row.expiresAt > now) && makesKeys(grantsOf(row)),
    );
    const own = rows.find((row) => row.id === id);
    if (own !== undefined && makesKeys(grantsOf(own)) && others.length === 0)
      throw invalidOperation(
        'this is the last key that can make keys: make another one before it ends',
        'last_admin_key',
      );
  }

  async revoke(ctx: Ctx, id: string): Promise<void> {
    await this.assertAnotherMakesKeys(ctx, id);
    const { affected } = await ctx.em.update(
      ApiKeyEntity,
      { id, status: 'published' },
      { ...auditColumnsForUpdate(ctx), status: 'deleted' },
    );
    if (affected !== 1) throw notFound('API key', id);
    ctx.afterCommit(() => {
      this.remembered.forget(({ caller }) => caller.actor === id);
    });
  }

  /** Whose key this is; undefined for an unknown, revoked or expired one. At once for one that was asked for just now. */
  identify(key: string): ApiKeyIdentity | undefined | Promise<ApiKeyIdentity | undefined> {
    const look = (): Promise<Found<ApiKeyIdentity> | undefined> => this.look(key);
    const known = this.remembered.known(key, look);
    if (known !== undefined) return known;
    if (!key.startsWith(PREFIX) || key.length > LONGEST_KEY) return undefined;
    const underWay = this.remembered.underWay(key);
    if (underWay === undefined) return this.remembered.look(key, look);
    // A key that was made meanwhile is not in what was asked for before.
    return underWay.then((found) => found ?? this.remembered.look(key, look));
  }

  private async look(key: string): Promise<Found<ApiKeyIdentity> | undefined> {
    const row = await this.find(hash(key), this.clock.now());
    if (row === undefined) return undefined;
    const identity = {
      caller: {
        scope: { tenantId: row.tenant_id, environmentId: row.environment_id },
        actor: row.id,
      },
      environmentKind: row.kind,
      grants: grantsOf(row),
    };
    return { value: identity, ...(row.expires_at === null ? {} : { until: row.expires_at.getTime() }) };
  }

  private find(keyHash: string, now: Date): Promise<KeyRow | undefined> {
    return this.uow.runSystem(async (em) => {
      const [row] = await em.query<KeyRow[]>(
        `SELECT k.id, k.tenant_id, k.environment_id, e.kind, k.type, k.roles, k.permissions, k.last_used_at, k.expires_at
           FROM api_keys k JOIN environments e ON e.id = k.environment_id
          WHERE k.key_hash = $1 AND k.status = 'published' AND (k.expires_at IS NULL OR k.expires_at > $2)`,
        [keyHash, now],
      );
      if (
        row !== undefined &&
        (row.last_used_at === null || now.getTime() - row.last_used_at.getTime() > LAST_USED_RESOLUTION_MS)
      )
        await em.query('UPDATE api_keys SET last_used_at = $2 WHERE id = $1', [row.id, now]);
      return row;
    });
  }
}

const hash = (key: string): string => digest('sha256', key);

/** The key that a request shows: `x-api-key: K`, or `Authorization: Bearer K`. */
export function presentedKey(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  const direct = headers['x-api-key'];
  if (typeof direct === 'string' && direct !== '') return direct;
  const { authorization } = headers;
  const match = typeof authorization === 'string' ? /^Bearer\s+(\S+)$/i.exec(authorization) : null;
  return match?.[1];
}

/** What whoever shows no key, or one that is not known, is answered. */
export const unauthorized = (presented: string | undefined): BillingError =>
  new BillingError(
    'permission_denied',
    presented === undefined
      ? 'no API key: send it as x-api-key, or as Authorization: Bearer'
      : 'the API key is unknown, revoked or expired',
    { code: 'unauthorized', httpStatus: 401 },
  );

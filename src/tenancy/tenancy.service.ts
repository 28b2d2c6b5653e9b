import { Injectable } from '@nestjs/common';
import { notFound } from '../domain/errors.js';
import { EnvironmentClock } from '../platform/clock/environment-clock.js';
import { SYSTEM_ACTOR, type Ctx, type Scope } from '../platform/context.js';
import { findRow, findRows, insertRow } from '../platform/database/rows.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { newId } from '../platform/ids.js';
import { BoundedSet } from '../platform/bounded-set.js';
import { ApiKeysService } from './api-keys.service.js';
import { EnvironmentEntity, type EnvironmentKind } from './environment.entity.js';
import { TenantEntity } from './tenant.entity.js';

export interface NewTenant {
  readonly tenantId: string;
  readonly environmentId: string;
  readonly apiKey: string;
}

export interface NewEnvironment {
  readonly environmentName: string;
  readonly kind: EnvironmentKind;
  /** Of a test environment: where its clock begins. Real time, when left out. */
  readonly clockBegins?: Date | undefined;
}

@Injectable()
export class TenancyService {
  private readonly environments = new BoundedSet();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: EnvironmentClock,
    private readonly apiKeys: ApiKeysService,
  ) {}

  /** A tenant with one environment and one key to it: what a new installation starts with. */
  createTenant(input: NewEnvironment & { name: string }): Promise<NewTenant> {
    const tenantId = newId('tenant');
    const environmentId = newId('environment');
    const caller = { scope: { tenantId, environmentId }, actor: SYSTEM_ACTOR, requestId: 'setup' };
    return this.uow.run(caller, async (ctx) => {
      await insertRow(ctx.em, TenantEntity, {
        id: tenantId,
        name: input.name,
        status: 'published',
        metadata: {},
        createdAt: ctx.now,
        updatedAt: ctx.now,
      });
      return this.openEnvironment(ctx, input);
    });
  }

  /** One more environment of a tenant, with a key of its own: nothing of it is seen from the others. */
  addEnvironment(input: NewEnvironment & { tenantId: string }): Promise<NewTenant> {
    const scope = { tenantId: input.tenantId, environmentId: newId('environment') };
    return this.uow.run({ scope, actor: SYSTEM_ACTOR, requestId: 'setup' }, async (ctx) => {
      await this.getTenant(ctx, input.tenantId);
      return this.openEnvironment(ctx, input);
    });
  }

  /** A key to an environment that is there, with everything that a key can do: for who has lost theirs. */
  async newKey(input: { environmentId: string; name: string }): Promise<NewTenant> {
    const [row] = await this.uow.runSystem(
      async (em) =>
        await em.query<{ tenant_id: string; kind: EnvironmentKind }[]>(
          'SELECT tenant_id, kind FROM environments WHERE id = $1',
          [input.environmentId],
        ),
    );
    if (row === undefined) throw notFound('environment', input.environmentId);
    const scope = { tenantId: row.tenant_id, environmentId: input.environmentId };
    return this.uow.run({ scope, actor: SYSTEM_ACTOR, requestId: 'setup' }, async (ctx) => {
      const { key } = await this.apiKeys.create(ctx, { name: input.name, kind: row.kind });
      return { ...scope, apiKey: key };
    });
  }

  private async openEnvironment(
    ctx: Ctx,
    { environmentName, kind, clockBegins }: NewEnvironment,
  ): Promise<NewTenant> {
    const { tenantId, environmentId } = ctx.scope;
    await insertRow(ctx.em, EnvironmentEntity, {
      id: environmentId,
      tenantId,
      name: environmentName,
      kind,
      status: 'published',
      createdAt: ctx.now,
      updatedAt: ctx.now,
    });
    if (kind === 'test') await this.clock.create(ctx, clockBegins);
    const { key } = await this.apiKeys.create(ctx, { name: 'First key', kind });
    return { tenantId, environmentId, apiKey: key };
  }

  /** Whether there is such an environment. One that was seen stays. */
  async has({ tenantId, environmentId }: Scope): Promise<boolean> {
    const name = `${tenantId} ${environmentId}`;
    if (this.environments.has(name)) return true;
    const [row] = await this.uow.runSystem(
      async (em) =>
        await em.query<{ found: boolean }[]>(
          'SELECT EXISTS (SELECT 1 FROM environments WHERE id = $1 AND tenant_id = $2) AS found',
          [environmentId, tenantId],
        ),
    );
    if (row?.found !== true) return false;
    this.environments.add(name);
    return true;
  }

  /** True when the database has no tenant at all. */
  async isEmpty(): Promise<boolean> {
    const [row] = await this.uow.runSystem(
      async (em) => await em.query<{ found: boolean }[]>('SELECT EXISTS (SELECT 1 FROM tenants) AS found'),
    );
    return row?.found !== true;
  }

  async getTenant(ctx: Ctx, id: string): Promise<TenantEntity> {
    const row = await findRow(ctx.em, TenantEntity, { id });
    if (row === null) throw notFound('tenant', id);
    return row;
  }

  async getEnvironment(ctx: Ctx, id: string): Promise<EnvironmentEntity> {
    const row = await findRow(ctx.em, EnvironmentEntity, { id });
    if (row === null) throw notFound('environment', id);
    return row;
  }

  listEnvironments(ctx: Ctx): Promise<EnvironmentEntity[]> {
    return findRows(ctx.em, EnvironmentEntity, { status: 'published' }, { orderBy: 'id' });
  }
}

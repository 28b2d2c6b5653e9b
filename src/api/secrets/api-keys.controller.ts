import { Body, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  beyond,
  grantsOf,
  isGrant,
  PUBLISHABLE_GRANTS,
  ROLE_NAMES,
  type Grant,
} from '../../domain/access/grants.js';
import { BillingError, fieldErrors } from '../../domain/errors.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ListRequest } from '../../platform/http/list-query.js';
import { ApiController, CurrentCaller, CurrentGrants } from '../api-controller.js';
import { ApiKeysService } from '../../tenancy/api-keys.service.js';
import { CreateApiKeyRequest, RotateApiKeyRequest } from '../tenants/tenancy.requests.js';
import { CreateApiKeyResponse, ListSecretsResponse, toSecretResponse } from '../tenants/tenancy.responses.js';
import { TenancyService } from '../../tenancy/tenancy.service.js';

const DAY_SECONDS = 86_400;

@ApiController('secrets/api/keys', 'API keys')
export class ApiKeysController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly apiKeys: ApiKeysService,
    private readonly tenancy: TenancyService,
  ) {}

  /** Creates an API key of the same environment. It may do no more than the key that creates it. */
  @Post()
  create(
    @CurrentCaller() caller: Caller,
    @CurrentGrants() held: readonly Grant[],
    @Body() body: CreateApiKeyRequest,
  ): Promise<CreateApiKeyResponse> {
    assertGrants(held, body);
    return this.uow.run(caller, async (ctx) => {
      const { kind } = await this.tenancy.getEnvironment(ctx, caller.scope.environmentId);
      const { key, row } = await this.apiKeys.create(ctx, {
        name: body.name,
        kind,
        type: body.type,
        roles: body.roles,
        permissions: body.permissions,
        expiresAt: body.expires_at,
      });
      return { api_key: key, secret: toSecretResponse(row) };
    });
  }

  /** The API keys of the environment. The keys themselves are never shown. */
  @Get()
  list(@CurrentCaller() caller: Caller, @Query() query: ListRequest): Promise<ListSecretsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.apiKeys.list(ctx, query);
      return { items: rows.map(toSecretResponse), pagination };
    });
  }

  /** Creates a key with the same permissions. The old key works for a while longer. */
  @Post(':id/rotate')
  rotate(
    @CurrentCaller() caller: Caller,
    @CurrentGrants() held: readonly Grant[],
    @Param('id') id: string,
    @Body() body: RotateApiKeyRequest,
  ): Promise<CreateApiKeyResponse> {
    return this.uow.run(caller, async (ctx) => {
      assertNotBeyond(held, await this.apiKeys.grantsOf(ctx, id));
      const { kind } = await this.tenancy.getEnvironment(ctx, caller.scope.environmentId);
      const { key, row } = await this.apiKeys.rotate(ctx, id, {
        kind,
        overlapSeconds: body.overlap_seconds ?? DAY_SECONDS,
        expiresAt: body.expires_at,
      });
      return { api_key: key, secret: toSecretResponse(row) };
    });
  }

  /** Revokes a key at once. The last key that can create keys cannot be revoked. */
  @Delete(':id')
  @HttpCode(204)
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.uow.run(caller, (ctx) => this.apiKeys.revoke(ctx, id));
  }
}

function assertGrants(
  held: readonly Grant[],
  { type, roles = [], permissions = [] }: CreateApiKeyRequest,
): void {
  const errors: Record<string, string> = {};
  const unknown = roles.filter((role) => !ROLE_NAMES.some((name) => name === role));
  if (unknown.length > 0) errors.roles = `roles must be of ${ROLE_NAMES.join(', ')}`;
  if (!permissions.every(isGrant))
    errors.permissions = 'permissions must each be <noun>:read or <noun>:write';
  if (type === 'publishable_key' && roles.some((role) => role !== 'event_ingestor'))
    errors.roles = 'roles of a publishable key can only be event_ingestor';
  if (type === 'publishable_key' && permissions.some((one) => !PUBLISHABLE_GRANTS.some((own) => own === one)))
    errors.permissions = `permissions of a publishable key can only be ${PUBLISHABLE_GRANTS.join(', ')}`;
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
  assertNotBeyond(held, grantsOf({ type: type ?? 'private_key', roles, permissions }));
}

function assertNotBeyond(held: readonly Grant[], wanted: readonly Grant[]): void {
  const more = beyond(held, wanted);
  if (more.length > 0)
    throw new BillingError(
      'permission_denied',
      `the key would be able to do more than yours: ${more.join(', ')}`,
      {
        code: 'permission_denied',
        details: { missing_permissions: more },
      },
    );
}

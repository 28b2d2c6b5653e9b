import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROLES, type Grant } from '../../domain/access/grants.js';
import { BillingError } from '../../domain/errors.js';
import type { EnvironmentKind } from '../../tenancy/tenancy.types.js';
import {
  ApiKeysService,
  presentedKey,
  unauthorized,
  type ApiKeyIdentity,
} from '../../tenancy/api-keys.service.js';
import { REQUEST_GUARD, type RequestGuard } from '../../tenancy/request-guard.types.js';
import { TenancyService } from '../../tenancy/tenancy.service.js';
import type { Caller } from '../../platform/context.js';
import { requestIdOf } from '../../platform/http/request-id.js';

export interface AuthenticatedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly id?: unknown;
  caller?: Caller;
  environmentKind?: EnvironmentKind;
  /** What the key may do. */
  grants?: readonly Grant[];
}

/**
 * `x-api-key: K` or `Authorization: Bearer K`. A key belongs to one environment, which it alone decides. Where the host has a
 * guard of its own, that decides, and keys are not looked at.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly tenancy: TenancyService,
    @Inject(REQUEST_GUARD) private readonly ofTheHost: RequestGuard | null,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (this.ofTheHost !== null) return this.admitByHost(this.ofTheHost, request);
    const key = presentedKey(request.headers);
    if (key === undefined) throw unauthorized(key);
    const identity = this.apiKeys.identify(key);
    return identity instanceof Promise
      ? identity.then((found) => admit(request, key, found))
      : admit(request, key, identity);
  }

  private async admitByHost(guard: RequestGuard, request: AuthenticatedRequest): Promise<true> {
    const found = await guard(request);
    if (found === undefined) throw refused('the request was not admitted');
    const { tenantId, environmentId, actor = 'host', grants = ROLES.admin } = found;
    const scope = { tenantId, environmentId };
    if (!(await this.tenancy.has(scope))) throw refused('the environment of the request is not known');
    request.caller = { scope, actor, requestId: requestIdOf(request) };
    request.grants = grants;
    return true;
  }
}

function admit(request: AuthenticatedRequest, key: string, identity: ApiKeyIdentity | undefined): true {
  if (identity === undefined) throw unauthorized(key);
  const { scope, actor } = identity.caller;
  request.caller = { scope, actor, requestId: requestIdOf(request) };
  request.environmentKind = identity.environmentKind;
  request.grants = identity.grants;
  return true;
}

const refused = (message: string): BillingError =>
  new BillingError('permission_denied', message, { code: 'unauthorized', httpStatus: 401 });

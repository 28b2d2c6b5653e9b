import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Grant } from '../../domain/access/grants.js';
import type { EnvironmentKind } from '../../tenancy/tenancy.types.js';
import {
  ApiKeysService,
  presentedKey,
  unauthorized,
  type ApiKeyIdentity,
} from '../../tenancy/api-keys.service.js';
import type { Caller } from '../../platform/context.js';

export interface AuthenticatedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly id?: unknown;
  caller?: Caller;
  environmentKind?: EnvironmentKind;
  /** What the key may do. */
  grants?: readonly Grant[];
}

/** `x-api-key: K` or `Authorization: Bearer K`. A key belongs to one environment, which it alone decides. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(private readonly apiKeys: ApiKeysService) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const key = presentedKey(request.headers);
    if (key === undefined) throw unauthorized(key);
    const identity = this.apiKeys.identify(key);
    return identity instanceof Promise
      ? identity.then((found) => admit(request, key, found))
      : admit(request, key, identity);
  }
}

function admit(request: AuthenticatedRequest, key: string, identity: ApiKeyIdentity | undefined): true {
  if (identity === undefined) throw unauthorized(key);
  const { scope, actor } = identity.caller;
  request.caller = { scope, actor, requestId: String(request.id) };
  request.environmentKind = identity.environmentKind;
  request.grants = identity.grants;
  return true;
}

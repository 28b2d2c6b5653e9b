import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { allows } from '../../domain/access/grants.js';
import { BillingError } from '../../domain/errors.js';
import { actionOf, nounOf } from '../../platform/idempotency/route-kinds.js';
import type { AuthenticatedRequest } from './api-key.guard.js';

/** Whether the key may do what the route does: read or write its noun, the first part of its path. */
@Injectable()
export class KeyGrantsGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { grants } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const handler = context.getHandler() as (...values: never[]) => unknown;
    const noun = nounOf(context.getClass(), handler);
    const action = actionOf(handler);
    if (grants !== undefined && allows(grants, noun, action)) return true;
    throw new BillingError('permission_denied', `the API key may not ${action} ${noun}`, {
      code: 'permission_denied',
      details: { missing_permission: `${noun}:${action}` },
    });
  }
}

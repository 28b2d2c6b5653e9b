import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { Caller } from '../context.js';
import { IdempotentCalls, type HttpReply } from './idempotent-calls.js';
import { keysOf, type HttpRequest } from './keyed-request.js';
import { kindOf, routeOf } from './route-kinds.js';

interface AuthenticatedRequest extends HttpRequest {
  caller?: Caller;
}

/** Sees to it that a request that is sent again with its key is done once. One without a key passes. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly calls: IdempotentCalls) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const keys = keysOf(request, true);
    return keys.length === 0 ? next.handle() : from(this.once(context, next, request, keys));
  }

  private once(
    context: ExecutionContext,
    next: CallHandler,
    request: AuthenticatedRequest,
    keys: readonly string[],
  ): Promise<unknown> {
    const { caller } = request;
    if (caller === undefined) throw new Error('the route has no API key guard');
    const handler = context.getHandler() as (...values: never[]) => unknown;
    const route = routeOf(context.getClass(), handler);
    const reply = context.switchToHttp().getResponse<HttpReply>();
    const kind = kindOf(handler) === 'steps' ? 'steps' : 'whole';
    return this.calls.once({ caller, route, request, reply }, keys, kind, (given) => {
      // What the handler is given as its caller.
      request.caller = given;
      return lastValueFrom(next.handle());
    });
  }
}

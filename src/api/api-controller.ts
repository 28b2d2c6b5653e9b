import {
  applyDecorators,
  Controller,
  createParamDecorator,
  UseFilters,
  UseGuards,
  UsePipes,
  VERSION_NEUTRAL,
  type ExecutionContext,
} from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Grant } from '../domain/access/grants.js';
import type { Caller } from '../platform/context.js';
import { readByContract } from '../platform/http/contract-types.js';
import { CardNumbersPipe } from '../platform/http/card-number-fields.js';
import { ContractPipe } from '../platform/http/contract.pipe.js';
import { ErrorResponse } from '../platform/http/error.responses.js';
import { ErrorEnvelopeFilter } from '../platform/http/error-envelope.js';
import { coverPosts } from '../platform/idempotency/cover-posts.js';
import { ExactNumbersGuard } from '../platform/http/exact-numbers.guard.js';
import { KeyGrantsGuard } from './auth/key-grants.guard.js';
import { routeOfKind } from './billing-routes.js';
import { ApiKeyGuard, type AuthenticatedRequest } from './auth/api-key.guard.js';

/**
 * A controller of the public API without authentication: webhooks, which prove themselves by signature. Its paths are below
 * those that `mountRoutes` says, and no version of a host's comes between.
 */
export const UnauthenticatedController = (path: string, tag: string): ClassDecorator =>
  applyDecorators(routeOfKind('webhook'), ofTheContract(path, tag));

const ofTheContract = (path: string, tag: string): ClassDecorator =>
  applyDecorators(
    Controller({ path, version: VERSION_NEUTRAL }),
    UseFilters(ErrorEnvelopeFilter),
    UsePipes(ContractPipe, CardNumbersPipe),
    readByContract,
    ApiTags(tag),
    ApiResponse({ status: '4XX', type: ErrorResponse, description: 'The request was refused' }),
    ApiResponse({ status: '5XX', type: ErrorResponse, description: 'It could not be served' }),
  );

/**
 * A controller of the public API: both auth headers, the error envelope, the contract's pipe, and every POST
 * safe to send again with its key.
 */
export const ApiController = (path: string, tag: string): ClassDecorator =>
  applyDecorators(
    routeOfKind('api'),
    ofTheContract(path, tag),
    UseGuards(ApiKeyGuard, KeyGrantsGuard, ExactNumbersGuard),
    coverPosts,
    ApiSecurity('x-api-key'),
    ApiBearerAuth(),
  );

/** Who asks, as the guard has found out. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (caller === undefined) throw new Error('the route has no API key guard');
  return caller;
});

/** What the caller's key may do. */
export const CurrentGrants = createParamDecorator(
  (_: unknown, context: ExecutionContext): readonly Grant[] =>
    context.switchToHttp().getRequest<AuthenticatedRequest>().grants ?? [],
);

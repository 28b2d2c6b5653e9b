import { SetMetadata, type ExecutionContext } from '@nestjs/common';

type RouteKind = 'api' | 'webhook';

const KIND = 'flexprice:route';

export const routeOfKind = (kind: RouteKind): ClassDecorator => SetMetadata(KIND, kind);

const kindOf = (context: Pick<ExecutionContext, 'getClass'>): RouteKind | undefined =>
  Reflect.getMetadata(KIND, context.getClass()) as RouteKind | undefined;

/**
 * Whether a request is for a route of the library. For global guards and interceptors of a host, which Nest runs before ours:
 * the library authenticates its requests itself, and its answers have a shape that clients know.
 */
export const isBillingRoute = (context: Pick<ExecutionContext, 'getClass'>): boolean =>
  kindOf(context) !== undefined;

/** Whether it is a webhook of a provider. It proves itself by its signature; a guard that wants more loses it. */
export const isBillingWebhook = (context: Pick<ExecutionContext, 'getClass'>): boolean =>
  kindOf(context) === 'webhook';

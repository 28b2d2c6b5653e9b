import 'reflect-metadata';
import { RequestMethod, SetMetadata } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';

/** How a POST is safe to send again with its key. */
export type RouteKind =
  /** It is one transaction, whatever its handler asks for: every route that does not say otherwise. */
  | 'whole'
  /** Its handler calls a provider or takes long, and notes what must not be done twice. */
  | 'steps'
  /** It changes nothing, so it is answered anew. */
  | 'reads'
  /** Its handler looks at the key itself. */
  | 'inside';

const KIND = Symbol('how a POST is safe to send again');

const kind = (of: RouteKind): MethodDecorator => SetMetadata(KIND, of);

/** The handler opens several transactions, because it calls a provider between them or takes long. */
export const InSteps = (): MethodDecorator => kind('steps');

/** A POST that only asks: its handler opens readings only. */
export const OnlyReads = (): MethodDecorator => kind('reads');

/** For the hottest routes: a request without a key must not pay for those that have one. */
export const KeyInside = (): MethodDecorator => kind('inside');

type Handler = (...values: never[]) => unknown;

export const kindOf = (handler: Handler): RouteKind =>
  (Reflect.getMetadata(KIND, handler) as RouteKind | undefined) ?? 'whole';

export const isPost = (handler: unknown): handler is Handler =>
  typeof handler === 'function' && Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.POST;

/** Whether a route only asks. */
export function actionOf(handler: Handler): 'read' | 'write' {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method === RequestMethod.GET || method === RequestMethod.HEAD) return 'read';
  return method === RequestMethod.POST && kindOf(handler) === 'reads' ? 'read' : 'write';
}

/** The first part of a route's path: what it is about. */
export function nounOf(controller: object, handler: Handler): string {
  const [, noun = ''] = /^POST \/([^/]*)/.exec(routeOf(controller, handler)) ?? [];
  return noun;
}

const routes = new WeakMap<Handler, string>();

/** The route by its first path, without the base: the same name under each base and below any prefix of a host. */
export function routeOf(controller: object, handler: Handler): string {
  const known = routes.get(handler);
  if (known !== undefined) return known;
  const first = (of: object): string =>
    [Reflect.getMetadata(PATH_METADATA, of) as string | string[]].flat()[0] ?? '';
  const parts = [first(controller).replace(/^v1\/?/, ''), first(handler)].flatMap((path) => path.split('/'));
  const route = `POST /${parts.filter((part) => part !== '').join('/')}`;
  routes.set(handler, route);
  return route;
}

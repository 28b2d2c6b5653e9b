import type { INestApplication } from '@nestjs/common';
import { createDocument } from '../../src/app/docs.js';
import enums from './data/enums.json' with { type: 'json' };
import operations from './data/operations.json' with { type: 'json' };
import shapes from './data/shapes.json' with { type: 'json' };

export interface Route {
  readonly method: string;
  /** Below the base path: `/customers/{id}`. */
  readonly path: string;
}

export interface Operation extends Route {
  readonly operation: string;
  readonly success: number | null;
  /** The answered object: a name in shapes.json, `{string}` for a record of texts, null for no JSON. */
  readonly answer: string | null;
  readonly declaredBy: readonly string[];
}

/** Everything that the published API and its SDKs declare. See data/README.md. */
export const OPERATIONS: readonly Operation[] = operations;
export const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = shapes;
export const ENUMS: Readonly<Record<string, readonly string[]>> = enums;

/** The same address whatever its parameters are called. */
export const addressOf = ({ method, path }: Route): string => `${method} ${path.replace(/\{\w+\}/g, '{}')}`;

/** What this server serves, from its own OpenAPI document. */
export function servedRoutes(app: INestApplication): Route[] {
  return Object.entries(createDocument(app).paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, item]) =>
      ['get', 'post', 'put', 'patch', 'delete']
        .filter((method) => method in item)
        .map((method) => ({ method: method.toUpperCase(), path: path.slice('/v1'.length) })),
    );
}

/** The route that a called path belongs to: of those that fit, the one with the fewest parameters. */
export function routeOf<T extends Route>(
  routes: readonly T[],
  method: string,
  pathname: string,
): T | undefined {
  const parts = pathname.split('/');
  return routes
    .filter((route) => {
      const segments = route.path.split('/');
      return (
        route.method === method &&
        segments.length === parts.length &&
        segments.every((segment, i) => segment.startsWith('{') || segment === parts[i])
      );
    })
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

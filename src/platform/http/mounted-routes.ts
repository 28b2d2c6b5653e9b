import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { MOST_WEBHOOK_BYTES } from './bounds.js';
import { keptBody } from './kept-body.js';

/** As far as Fastify and Express tell of their routes. */
interface FastifyRoute {
  readonly url: string;
  bodyLimit?: number;
}

interface Server {
  /** Fastify's. */
  addHook?(name: 'onRoute', hook: (route: FastifyRoute) => void): unknown;
  /** Express's. */
  use?(
    middleware: (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void,
  ): unknown;
  readonly router?: { readonly stack?: readonly { readonly route?: { readonly path?: unknown } }[] };
}

/** The route of webhooks, whatever comes before it. */
const WEBHOOKS = /^(.*)\/webhooks\/:provider\/:connection_id$/;
/** Webhooks, below one of the bases. */
const WEBHOOK = /^\/(?:webhooks\/[^/]+\/[^/]+(?:\/[^/]+)?|integrations\/[^/]+\/webhook)\/?$/;
/** The same as they are declared. */
const DECLARED = /\/webhooks\/:provider(\/:\w+){1,2}$|\/integrations\/:provider\/webhook$/;

/**
 * Where the routes of the API are: below the prefix of the library, and whatever the host has put before it. Nest tells no
 * module its global prefix, so the server is asked what it has mounted: Fastify as it mounts, Express afterwards.
 *
 * A host's server may take smaller bodies than providers send. Fastify has a limit for each route; Express reads bodies
 * before there is a route, so those of webhooks are read here, before it does.
 */
@Injectable()
export class MountedRoutes implements OnApplicationBootstrap {
  private readonly bases = new Set<string>();

  constructor(private readonly host: HttpAdapterHost) {
    const server = this.server;
    if (server === undefined) return;
    if (server.addHook !== undefined)
      server.addHook('onRoute', (route) => {
        this.see(route.url);
        if (DECLARED.test(route.url)) route.bodyLimit = Math.max(route.bodyLimit ?? 0, MOST_WEBHOOK_BYTES);
      });
    else
      server.use?.((request, response, next) => {
        if (request.method === 'POST' && this.isWebhook(request.url ?? ''))
          keptBody(request, response, MOST_WEBHOOK_BYTES, next);
        else next();
      });
  }

  onApplicationBootstrap(): void {
    for (const { route } of this.server?.router?.stack ?? [])
      if (typeof route?.path === 'string') this.see(route.path);
  }

  /** `/v1`, `/billing/v1`. Undefined where this application serves no routes. The shortest: an alias is longer. */
  get base(): string | undefined {
    return [...this.bases].sort((a, b) => a.length - b.length)[0];
  }

  private see(path: string): void {
    const [, base] = WEBHOOKS.exec(path) ?? [];
    if (base !== undefined) this.bases.add(base);
  }

  private isWebhook(url: string): boolean {
    const [path = ''] = url.split('?');
    return [...this.bases].some((base) => path.startsWith(base) && WEBHOOK.test(path.slice(base.length)));
  }

  /** A context without HTTP has no server. */
  private get server(): Server | undefined {
    const adapter = this.host.httpAdapter as { getInstance(): unknown } | undefined;
    return adapter?.getInstance() as Server | undefined;
  }
}

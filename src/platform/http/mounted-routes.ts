import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** As far as Fastify and Express tell of their routes. */
interface Server {
  addHook?(name: 'onRoute', hook: (route: { readonly url: string }) => void): unknown;
  readonly router?: { readonly stack?: readonly { readonly route?: { readonly path?: unknown } }[] };
}

/** The route of webhooks, whatever comes before it. */
const WEBHOOKS = /^(.*)\/webhooks\/:provider\/:connection_id$/;

/**
 * Where the routes of the API are: below the prefix of the library, and whatever the host has put before it. Nest tells no
 * module its global prefix, so the server is asked what it has mounted: Fastify as it mounts, Express afterwards.
 */
@Injectable()
export class MountedRoutes implements OnApplicationBootstrap {
  private found: string | undefined;

  constructor(private readonly host: HttpAdapterHost) {
    this.server?.addHook?.('onRoute', ({ url }) => {
      this.see(url);
    });
  }

  onApplicationBootstrap(): void {
    for (const { route } of this.server?.router?.stack ?? [])
      if (typeof route?.path === 'string') this.see(route.path);
  }

  /** `/v1`, `/billing/v1`. Undefined where this application serves no routes. */
  get base(): string | undefined {
    return this.found;
  }

  /** The shortest: an alias is longer. */
  private see(path: string): void {
    const [, base] = WEBHOOKS.exec(path) ?? [];
    if (base !== undefined && (this.found === undefined || base.length < this.found.length))
      this.found = base;
  }

  /** A context without HTTP has no server. */
  private get server(): Server | undefined {
    const adapter = this.host.httpAdapter as { getInstance(): unknown } | undefined;
    return adapter?.getInstance() as Server | undefined;
  }
}

import { Injectable } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import type { Ctx } from '../../platform/context.js';
import { MappingsService } from './mappings.service.js';
import type { EntityMapping, MappedEntity } from './mappings.types.js';

export interface ManualLink {
  readonly provider: string;
  readonly entityType: MappedEntity;
  readonly entityId: string;
  readonly remoteId: string;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Mappings that somebody makes by hand, to the provider's default connection. */
@Injectable()
export class ManualLinks {
  constructor(
    private readonly connections: ConnectionsService,
    private readonly mappings: MappingsService,
  ) {}

  async link(
    ctx: Ctx,
    { provider, entityType, entityId, remoteId, metadata: more }: ManualLink,
  ): Promise<EntityMapping> {
    const connection = await this.connections.requireDefault(ctx, provider.toLowerCase());
    const metadata = Object.fromEntries(
      Object.entries(more ?? {}).map(([key, value]) => [
        key,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
    return this.mappings.link(ctx, connection, entityType, entityId, remoteId, metadata);
  }
}

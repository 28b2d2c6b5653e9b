import { Injectable } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import type { Ctx } from '../../platform/context.js';
import type { LinkIntegrationRequest } from './mappings.requests.js';
import { MappingsService } from './mappings.service.js';
import type { EntityMapping } from './mappings.types.js';

/** Mappings that somebody makes by hand, to the provider's default connection. */
@Injectable()
export class ManualLinks {
  constructor(
    private readonly connections: ConnectionsService,
    private readonly mappings: MappingsService,
  ) {}

  async link(ctx: Ctx, body: LinkIntegrationRequest): Promise<EntityMapping> {
    const connection = await this.connections.requireDefault(ctx, body.provider_type.toLowerCase());
    const metadata = Object.fromEntries(
      Object.entries(body.metadata ?? {}).map(([key, value]) => [
        key,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
    const { entity_type: entityType, entity_id: entityId, provider_entity_id: remoteId } = body;
    return this.mappings.link(ctx, connection, entityType, entityId, remoteId, metadata);
  }
}

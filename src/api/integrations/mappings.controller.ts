import { Body, Delete, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import type { SyncConfig } from '../../connections/connections.types.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { ProvidersService } from '../../providers/providers.service.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ManualLinks } from '../../integrations/mappings/manual-links.service.js';
import {
  GetMappingsQuery,
  LinkIntegrationRequest,
  UnlinkIntegrationRequest,
  toManualLink,
} from './mappings.requests.js';
import {
  IntegrationConfigResponse,
  LinkIntegrationMappingResponse,
  ListMappingsResponse,
  toCredentialFieldResponse,
  toMappingResponse,
  type SyncConfigResponse,
} from './mappings.responses.js';
import { MappingsService } from '../../integrations/mappings/mappings.service.js';

@ApiController('integrations', 'Integrations')
export class MappingsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly connections: ConnectionsService,
    private readonly providers: ProvidersService,
    private readonly mappings: MappingsService,
    private readonly linking: ManualLinks,
  ) {}

  /** The providers of this server, what each can sync, and what is switched on. */
  @Get('config')
  config(@CurrentCaller() caller: Caller): Promise<IntegrationConfigResponse> {
    return this.uow.read(caller, async (ctx) => ({
      integrations: await Promise.all(
        this.providers.all().map(async (adapter) => ({
          provider: adapter.provider,
          display_name: adapter.displayName,
          credential_fields: adapter.credentialFields.map(toCredentialFieldResponse),
          base_config: toSyncConfig(adapter.capabilities),
          current_config: await this.connections
            .findDefault(ctx, adapter.provider)
            .then((connection) => (connection === null ? null : toSyncConfig(connection.syncConfig))),
        })),
      ),
    }));
  }

  /** What an entity is at each connection. */
  @Get('mappings')
  list(@CurrentCaller() caller: Caller, @Query() query: GetMappingsQuery): Promise<ListMappingsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const rows = await this.mappings.ofEntity(ctx, query.entity_type, query.entity_id);
      return {
        items: rows.map(toMappingResponse),
        pagination: { total: rows.length, limit: rows.length, offset: 0 },
      };
    });
  }

  /** Maps an entity to an object at the provider by hand. */
  @Post('link')
  @HttpCode(200)
  link(
    @CurrentCaller() caller: Caller,
    @Body() body: LinkIntegrationRequest,
  ): Promise<LinkIntegrationMappingResponse> {
    return this.uow.run(caller, async (ctx) => ({
      mapping: toMappingResponse(await this.linking.link(ctx, toManualLink(body))),
    }));
  }

  /** Forgets which object at the provider an entity is. Nothing is changed at the provider. */
  @Delete('link')
  @HttpCode(200)
  unlink(@CurrentCaller() caller: Caller, @Body() body: UnlinkIntegrationRequest): Promise<SuccessResponse> {
    return this.uow.run(caller, async (ctx) => {
      const connection = await this.connections.requireDefault(ctx, body.provider_type.toLowerCase());
      await this.mappings.unlink(ctx, connection.id, body.entity_type, body.entity_id);
      return { message: 'integration mapping delinked successfully' };
    });
  }
}

const toSyncConfig = (config: SyncConfig): SyncConfigResponse => ({
  customer: config.customer,
  plan: config.plan,
  price: null,
  invoice: config.invoice,
  subscription: config.subscription,
  payment: config.payment,
  deal: null,
  quote: null,
  s3: null,
  aws_marketplace: null,
  invoice_sync_settings: null,
});

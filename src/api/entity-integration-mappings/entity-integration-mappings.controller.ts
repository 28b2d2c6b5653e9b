import { Body, Delete, HttpCode, Param, Post } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ManualLinks } from '../../integrations/mappings/manual-links.service.js';
import { LinkIntegrationRequest, toManualLink } from '../integrations/mappings.requests.js';
import { EntityIntegrationMappingResponse, toMappingResponse } from '../integrations/mappings.responses.js';
import { MappingsService } from '../../integrations/mappings/mappings.service.js';

/** The same by the routes that client generation 2.0 calls. */
@ApiController('entity-integration-mappings', 'Integrations')
export class EntityIntegrationMappingsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly mappings: MappingsService,
    private readonly linking: ManualLinks,
  ) {}

  /** The same as `POST /integrations/link`. */
  @Post()
  create(
    @CurrentCaller() caller: Caller,
    @Body() body: LinkIntegrationRequest,
  ): Promise<EntityIntegrationMappingResponse> {
    return this.uow.run(caller, async (ctx) =>
      toMappingResponse(await this.linking.link(ctx, toManualLink(body))),
    );
  }

  /** The same as `DELETE /integrations/link`, by the id of the mapping. */
  @Delete(':id')
  @HttpCode(204)
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.uow.run(caller, (ctx) => this.mappings.delete(ctx, id));
  }
}

import { Get, Param } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { TenantResponse, toTenantResponse } from './tenancy.responses.js';
import { TenancyService } from '../../tenancy/tenancy.service.js';

@ApiController('tenants', 'Tenants and environments')
export class TenantsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tenancy: TenancyService,
  ) {}

  /** The tenant of the API key. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<TenantResponse> {
    return this.uow.read(caller, async (ctx) => toTenantResponse(await this.tenancy.getTenant(ctx, id)));
  }
}

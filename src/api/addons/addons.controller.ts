import { Body, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ListRequest } from '../../platform/http/list-query.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CreateAddonRequest, SearchAddonsRequest, UpdateAddonRequest } from './addons.requests.js';
import { AddonResponse, ListAddonsResponse } from './addons.responses.js';
import { ShownAddons } from './shown-addons.js';
import { AddonsService } from '../../plans/addons.service.js';
import { ListEntitlementsResponse, toEntitlementResponse } from '../entitlements/entitlements.responses.js';
import { EntitlementsService } from '../../plans/entitlements.service.js';

@ApiController('addons', 'Addons')
export class AddonsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly addons: AddonsService,
    private readonly entitlements: EntitlementsService,
    private readonly shown: ShownAddons,
  ) {}

  /** Its prices are created on their own: `POST /prices` with `entity_type` ADDON. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreateAddonRequest): Promise<AddonResponse> {
    return this.uow.run(caller, async (ctx) =>
      this.shown.one(
        ctx,
        await this.addons.create(ctx, {
          name: body.name,
          lookupKey: body.lookup_key,
          type: body.type,
          description: body.description,
          metadata: body.metadata,
        }),
      ),
    );
  }

  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(@CurrentCaller() caller: Caller, @Body() body: SearchAddonsRequest): Promise<ListAddonsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.addons.search(ctx, body);
      return { items: await this.shown.all(ctx, rows), pagination };
    });
  }

  @Get('lookup/:lookup_key')
  getByLookupKey(
    @CurrentCaller() caller: Caller,
    @Param('lookup_key') lookupKey: string,
  ): Promise<AddonResponse> {
    return this.uow.read(caller, async (ctx) =>
      this.shown.one(ctx, await this.addons.getByLookupKey(ctx, lookupKey)),
    );
  }

  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<AddonResponse> {
    return this.uow.read(caller, async (ctx) => this.shown.one(ctx, await this.addons.get(ctx, id)));
  }

  @Get(':id/entitlements')
  listEntitlements(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: ListRequest,
  ): Promise<ListEntitlementsResponse> {
    return this.uow.read(caller, async (ctx) => {
      await this.addons.getAddon(ctx, id);
      const { rows, pagination } = await this.entitlements.search(ctx, {
        ...query,
        entity_type: 'ADDON',
        entity_ids: [id],
      });
      return { items: rows.map(toEntitlementResponse), pagination };
    });
  }

  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateAddonRequest,
  ): Promise<AddonResponse> {
    return this.uow.run(caller, async (ctx) => this.shown.one(ctx, await this.addons.update(ctx, id, body)));
  }

  /** Refused while a subscription has it. */
  @Delete(':id')
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.addons.delete(ctx, id));
    return { message: 'addon deleted successfully' };
  }
}

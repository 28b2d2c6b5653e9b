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

  /** Creates an addon. Its prices are created with `POST /prices` and `entity_type` ADDON. */
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

  /** Addons by filters, with their prices, entitlements and credit grants. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(@CurrentCaller() caller: Caller, @Body() body: SearchAddonsRequest): Promise<ListAddonsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.addons.search(ctx, body);
      return { items: await this.shown.all(ctx, rows), pagination };
    });
  }

  /** The addon with that lookup key. */
  @Get('lookup/:lookup_key')
  getByLookupKey(
    @CurrentCaller() caller: Caller,
    @Param('lookup_key') lookupKey: string,
  ): Promise<AddonResponse> {
    return this.uow.read(caller, async (ctx) =>
      this.shown.one(ctx, await this.addons.getByLookupKey(ctx, lookupKey)),
    );
  }

  /** The addon with its prices, entitlements and credit grants. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<AddonResponse> {
    return this.uow.read(caller, async (ctx) => this.shown.one(ctx, await this.addons.get(ctx, id)));
  }

  /** The entitlements of the addon. */
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

  /** Changes the name, description or metadata of an addon. Fields that are left out stay as they are. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateAddonRequest,
  ): Promise<AddonResponse> {
    return this.uow.run(caller, async (ctx) => this.shown.one(ctx, await this.addons.update(ctx, id, body)));
  }

  /** Deletes an addon. Refused while a subscription has it. */
  @Delete(':id')
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.addons.delete(ctx, id));
    return { message: 'addon deleted successfully' };
  }
}

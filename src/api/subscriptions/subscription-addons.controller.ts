import { Body, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { MAX_LIMIT } from '../../platform/http/list-query.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import type { AddonResponse } from '../addons/addons.responses.js';
import { ShownAddons } from '../addons/shown-addons.js';
import { AddonsService } from '../../plans/addons.service.js';
import { SubscriptionAddonsService } from '../../subscriptions/subscription-addons.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { AddonChanges } from '../../subscription-changes/addons/addon-changes.service.js';
import { InvoicesQueries } from '../invoices/invoices.queries.js';
import { AddAddonRequest, RemoveAddonRequest } from './subscription-addons.requests.js';
import {
  AddAddonResponse,
  AddonAssociationResponse,
  toAddonAssociationResponse,
} from './subscription-addons.responses.js';

@ApiController('subscriptions', 'Subscriptions')
export class SubscriptionAddonsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly changes: AddonChanges,
    private readonly associations: SubscriptionAddonsService,
    private readonly subscriptions: SubscriptionsService,
    private readonly addons: AddonsService,
    private readonly shownAddons: ShownAddons,
    private readonly invoices: InvoicesQueries,
  ) {}

  /**
   * Adds an addon to a subscription: its prices become line items. What they charge for the rest of the current
   * period is invoiced at once.
   */
  @Post('addon')
  @HttpCode(200)
  add(@CurrentCaller() caller: Caller, @Body() body: AddAddonRequest): Promise<AddAddonResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { association, subscription, invoice } = await this.changes.add(ctx, body.subscription_id, {
        addonId: body.addon_id,
        startDate: body.start_date,
        prorationBehavior: body.proration_behavior,
        metadata: body.metadata,
      });
      const shown = await this.shown(ctx, [association.addonId]);
      return {
        ...toAddonAssociationResponse(association, subscription, shown.get(association.addonId) ?? null),
        invoice: invoice === undefined ? null : await this.invoices.showOne(ctx, invoice),
        checkout_session: null,
      };
    });
  }

  /** Removes an addon from a subscription: its line items end now. */
  @Delete('addon')
  @HttpCode(200)
  remove(@CurrentCaller() caller: Caller, @Body() body: RemoveAddonRequest): Promise<SuccessResponse> {
    return this.uow.run(caller, async (ctx) => {
      await this.changes.remove(ctx, body.addon_association_id, body.reason);
      return { message: 'addon removed successfully' };
    });
  }

  /** The addons that the subscription has and had. */
  @Get(':id/addons/associations')
  @ApiOkResponse({ type: [AddonAssociationResponse] })
  list(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<AddonAssociationResponse[]> {
    return this.uow.read(caller, async (ctx) => {
      const subscription = await this.subscriptions.get(ctx, id);
      const rows = await this.associations.of(ctx, [id]);
      const shown = await this.shown(
        ctx,
        rows.map(({ addonId }) => addonId),
      );
      return rows.map((row) => toAddonAssociationResponse(row, subscription, shown.get(row.addonId) ?? null));
    });
  }

  private async shown(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, AddonResponse>> {
    if (ids.length === 0) return new Map();
    const { rows } = await this.addons.search(ctx, { addon_ids: [...new Set(ids)], limit: MAX_LIMIT });
    return new Map((await this.shownAddons.all(ctx, rows)).map((addon) => [addon.id, addon]));
  }
}

import { Injectable } from '@nestjs/common';
import type { Ctx } from '../../platform/context.js';
import type { PricedAddon } from '../../plans/addons.types.js';
import { ShownGrants } from '../creditgrants/shown-grants.js';
import { toAddonResponse, type AddonResponse } from './addons.responses.js';

/** Addons as their answers show them, with the credit grants that they give. */
@Injectable()
export class ShownAddons {
  constructor(private readonly grants: ShownGrants) {}

  async all(ctx: Ctx, addons: readonly PricedAddon[]): Promise<AddonResponse[]> {
    const grants = await this.grants.of(
      ctx,
      'ADDON',
      addons.map(({ addon }) => addon.id),
    );
    return addons.map((one) => toAddonResponse(one, grants.get(one.addon.id) ?? []));
  }

  async one(ctx: Ctx, addon: PricedAddon): Promise<AddonResponse> {
    return (await this.all(ctx, [addon]))[0] as AddonResponse;
  }
}

import type { AddonEntity } from './addon.entity.js';
import type { FeaturedEntitlement } from './entitlements.types.js';
import type { MeteredPrice } from './plans.types.js';

export type { AddonType } from './addon.entity.js';
export type Addon = Readonly<AddonEntity>;

export interface PricedAddon {
  readonly addon: Addon;
  readonly prices: readonly MeteredPrice[];
  readonly entitlements: readonly FeaturedEntitlement[];
}

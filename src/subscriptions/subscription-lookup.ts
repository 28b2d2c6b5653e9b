import { Injectable } from '@nestjs/common';
import { CatalogueEntities } from '../plans/catalogue-entities.service.js';
import { SubscriptionAddonEntity } from './subscription-addon.entity.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { rowExists } from '../platform/database/rows.js';

/** Tells the catalogue, which stands left of subscriptions, whether one exists that a tax or entitlement is tied to. */
@Injectable()
export class SubscriptionLookup {
  constructor(entities: CatalogueEntities) {
    entities.register('SUBSCRIPTION', (ctx, id) =>
      rowExists(ctx.em, SubscriptionEntity, { id, status: 'published' }),
    );
    entities.registerAddonUser((ctx, addonId) =>
      ctx.em
        .createQueryBuilder(SubscriptionAddonEntity, 'row')
        .innerJoin(SubscriptionEntity, 'subscription', 'subscription.id = row.subscriptionId')
        .where(`row.addonId = :addonId AND row.addonStatus = 'active'`, { addonId })
        .andWhere(`subscription.subscriptionStatus <> 'cancelled'`)
        .getExists(),
    );
  }
}

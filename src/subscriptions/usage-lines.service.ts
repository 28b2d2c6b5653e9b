import { Injectable } from '@nestjs/common';
import type { Period } from '../domain/period.js';
import type { Ctx } from '../platform/context.js';
import { SubscriptionLineItemEntity } from './subscription-line-item.entity.js';
import type { SubscriptionLineItem } from './subscriptions.types.js';

@Injectable()
export class UsageLinesService {
  /** What a customer's usage in a window is charged by, the oldest line first. */
  list(ctx: Ctx, customerId: string, window: Period): Promise<SubscriptionLineItem[]> {
    return ctx.em
      .createQueryBuilder(SubscriptionLineItemEntity, 'row')
      .where('row.customerId = :customerId', { customerId })
      .andWhere(`row.priceType = 'USAGE' AND row.meterId IS NOT NULL AND row.status = 'published'`)
      .andWhere('row.startDate < :end AND (row.endDate IS NULL OR row.endDate > :start)', window)
      .orderBy('row.startDate')
      .addOrderBy('row.id')
      .getMany();
  }
}

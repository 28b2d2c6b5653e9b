import { Injectable } from '@nestjs/common';
import { money, moneyToRate } from '../domain/money.js';
import { earlierOf } from '../domain/period.js';
import { chargedAgain } from '../domain/subscribing/proration.js';
import type { Ctx } from '../platform/context.js';
import type { RatedLine } from '../rating/rated-line.types.js';
import { SubscriptionPausesService } from '../subscriptions/subscription-pauses.service.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import type {
  Subscription,
  SubscriptionLineItem,
  SubscriptionPause,
} from '../subscriptions/subscriptions.types.js';
import { ProrationsService } from './prorations.service.js';

/**
 * Pauses with prorations: what was paid in advance for the time after their beginning is given back, and what of it lies
 * after their end is charged again. Together a pause costs nothing, and gives back what it lasted.
 */
@Injectable()
export class PauseProrations {
  constructor(
    private readonly prorations: ProrationsService,
    private readonly pauses: SubscriptionPausesService,
    private readonly subscriptions: SubscriptionsService,
  ) {}

  /** Of a pause that begins now, or has begun at its time. */
  async giveBack(ctx: Ctx, subscription: Subscription, pause: SubscriptionPause): Promise<void> {
    if (pause.prorationBehavior === 'none') return;
    const unused = await this.prorations.unused(ctx, subscription, pause.pauseStart, 'create_prorations');
    await this.prorations.record(ctx, subscription, unused);
    await this.pauses.noteGivenBack(
      ctx,
      pause.id,
      unused.map(({ line, amount, period }) => ({
        line_item_id: line.id,
        net: String(amount.amount),
        start: period.start.toISOString(),
        end: period.end.toISOString(),
      })),
    );
  }

  /** What each pause that is over at that time charges again, before tax: discounts were taken off when it was paid. */
  async chargesAgain(
    ctx: Ctx,
    over: readonly { readonly subscription: Subscription; readonly pauseId: string; readonly at: Date }[],
  ): Promise<ReadonlyMap<string, readonly RatedLine[]>> {
    const pauses = (
      await this.pauses.byIds(
        ctx,
        over.map(({ pauseId }) => pauseId),
      )
    ).filter(({ givenBack }) => givenBack.length > 0);
    if (pauses.length === 0) return new Map();
    const lines = await this.subscriptions.linesOf(
      ctx,
      pauses.map(({ subscriptionId }) => subscriptionId),
    );
    return new Map(
      pauses.map((pause) => {
        const { subscription, at } = over.find(
          ({ pauseId }) => pauseId === pause.id,
        ) as (typeof over)[number];
        return [pause.id, pause.givenBack.flatMap((one) => again(subscription, lines, one, at))];
      }),
    );
  }
}

function again(
  { currency }: Subscription,
  lines: readonly SubscriptionLineItem[],
  given: SubscriptionPause['givenBack'][number],
  at: Date,
): RatedLine[] {
  const line = lines.find(({ id }) => id === given.line_item_id);
  // One that has ended meanwhile is not charged any more; one that took its place is charged by itself.
  if (line === undefined || (line.endDate !== null && line.endDate <= at)) return [];
  const paid = { start: new Date(given.start), end: new Date(given.end) };
  const end = earlierOf(line.endDate ?? paid.end, paid.end);
  if (end <= at) return [];
  const amount = chargedAgain(money(BigInt(given.net), currency), paid, { start: at, end });
  if (amount.amount <= 0n) return [];
  return [
    {
      displayName: line.displayName,
      amount: moneyToRate(amount),
      quantity: line.quantity,
      priceType: line.priceType,
      period: { start: at, end },
      subscriptionLineItemId: line.id,
      entityType: line.entityType,
      entityId: line.entityId,
      priceId: line.priceId,
      planDisplayName: line.planDisplayName,
      undiscounted: true,
    },
  ];
}

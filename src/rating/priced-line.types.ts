import type { OpenPeriod } from '../domain/period.js';
import type { ChargeableLine } from '../domain/subscribing/charges-due.js';
import { lineSchedule } from '../domain/subscribing/line-schedule.js';
import type { MeteredPrice } from '../plans/plans.types.js';
import {
  chargedLife,
  chargedWindow,
  scheduleOf,
  type Subscription,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';

/** A price as a line of a subscription takes it. */
export interface PricedLine extends ChargeableLine {
  readonly item: SubscriptionLineItem;
  readonly priced: MeteredPrice;
  /** The first of the lines in whose place this one has come. */
  readonly root: string;
  /** The pauses of its subscription. */
  readonly pauses: readonly OpenPeriod[];
}

/** The line with its price, where there is time in which it is charged; none otherwise. */
export function pricedLine(
  subscription: Subscription,
  item: SubscriptionLineItem,
  priced: MeteredPrice | undefined,
  root: string,
  pauses: readonly OpenPeriod[],
): PricedLine[] {
  if (priced === undefined)
    throw new Error(`line ${item.id} names a price that is not there: ${item.priceId}`);
  const window = chargedWindow(subscription, item);
  if (window === undefined) return [];
  return [
    {
      key: item.id,
      priceType: item.priceType,
      cadence: item.invoiceCadence,
      schedule: lineSchedule(scheduleOf(subscription), chargedLife(subscription).start, {
        unit: item.billingPeriod,
        count: item.billingPeriodCount,
      }),
      window,
      paidUntil: item.paidUntil,
      madeAt: item.createdAt,
      item,
      priced,
      root,
      pauses,
    },
  ];
}

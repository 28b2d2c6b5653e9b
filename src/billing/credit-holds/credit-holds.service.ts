import { Injectable } from '@nestjs/common';
import { addMoney, money, sumMoney, type Money } from '../../domain/money.js';
import { earlierOf, laterOf } from '../../domain/period.js';
import { inTrial } from '../../domain/subscribing/subscription-life.js';
import { OpenDraftsQueries } from '../../invoices/open-drafts.queries.js';
import type { Ctx } from '../../platform/context.js';
import { invoicePeriod, type BillingTask } from '../../rating/billing-task.types.js';
import { CustomerSubscriptionsQueries } from '../../subscriptions/customer-subscriptions.queries.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import { EXPIRED_WAIT_MS, WalletExpiries } from '../../wallets/wallet-expiries.service.js';
import { WalletHolds } from '../../wallets/wallet-holds.service.js';
import type { WalletTransaction } from '../../wallets/wallets.types.js';
import { UsageSoFar } from './usage-so-far.service.js';

const HOUR_MS = 3_600_000;

/**
 * Credits pay for what was used while they were valid, although the bill comes after (law B6): when they expire, what the use
 * so far takes is held for the bills, and the rest is booked as expired.
 */
@Injectable()
export class CreditHolds {
  constructor(
    private readonly usage: UsageSoFar,
    private readonly holds: WalletHolds,
    private readonly expiries: WalletExpiries,
    private readonly subscriptions: CustomerSubscriptionsQueries,
    private readonly openDrafts: OpenDraftsQueries,
  ) {}

  /** Credits that have expired within the periods that are billed now are held for them, if the clock has not come to it yet. */
  async beforeBills(ctx: Ctx, tasks: readonly BillingTask[]): Promise<void> {
    const closing = tasks.filter(({ moment }) => moment.type === 'period_end' || moment.type === 'cancel');
    if (closing.length === 0) return;
    const from = closing.map(({ moment }) => invoicePeriod(moment).start).reduce(earlierOf);
    const customers = [...new Set(closing.map(({ subscription }) => subscription.customerId))];
    const expired = await this.holds.expiredOf(ctx, customers, from);
    if (expired.length === 0) return;
    const within = (row: WalletTransaction): boolean =>
      closing.some(({ subscription, moment }) => {
        const { start, end } = invoicePeriod(moment);
        const at = row.expiryDate as Date;
        return subscription.customerId === row.customerId && start < at && at < end;
      });
    await this.hold(ctx, expired.filter(within), closing);
  }

  /** Credits that have expired: held for what was used, or booked; those that were held are booked when all is billed. */
  async settle(ctx: Ctx, expired: readonly WalletTransaction[]): Promise<void> {
    await this.hold(
      ctx,
      expired.filter(({ held }) => !held),
      [],
    );
    for (const row of expired.filter(({ held }) => held)) {
      const needed = await this.neededUntil(ctx, row);
      if (needed === null) await this.expiries.book(ctx, [row]);
      else await this.expiries.postpone(ctx, [row], needed);
    }
  }

  private async hold(
    ctx: Ctx,
    expired: readonly WalletTransaction[],
    billing: readonly BillingTask[],
  ): Promise<void> {
    const groups = new Map<string, WalletTransaction[]>();
    for (const row of expired) {
      const key = `${row.walletId} ${row.expiryDate?.toISOString()}`;
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    // Wallets in one order for everybody; in each what expires first is held first.
    for (const key of [...groups.keys()].sort()) {
      const rows = groups.get(key) as WalletTransaction[];
      await this.holdTogether(ctx, rows, rows[0] as WalletTransaction, billing);
    }
  }

  private async holdTogether(
    ctx: Ctx,
    rows: readonly WalletTransaction[],
    { walletId, customerId, currency, expiryDate }: WalletTransaction,
    billing: readonly BillingTask[],
  ): Promise<void> {
    const at = expiryDate as Date;
    const tasks = await this.unbilled(ctx, customerId, currency, at, billing);
    const drafts = await this.openDrafts.usageBefore(ctx, customerId, currency, at);
    const starts = [
      ...tasks.map(({ moment }) => invoicePeriod(moment).start),
      ...(drafts.since === null ? [] : [drafts.since]),
    ];
    if (starts.length === 0) return this.expiries.book(ctx, rows);
    const used: Money = addMoney(
      sumMoney(await this.usage.of(ctx, tasks), currency),
      money(drafts.usage, currency),
    );
    await this.holds.hold(ctx, walletId, rows, {
      used,
      usedFrom: starts.reduce(earlierOf),
      at,
      billedAt: tasks.map(({ subscription }) => subscription.currentPeriodEnd).reduce(laterOf, ctx.now),
    });
  }

  /** What each subscription has used of its period until then, as a bill of that time would ask it. */
  private async unbilled(
    ctx: Ctx,
    customerId: string,
    currency: string,
    at: Date,
    billing: readonly BillingTask[],
  ): Promise<BillingTask[]> {
    const now = billing.filter(({ subscription }) => subscription.customerId === customerId);
    const open = (await this.subscriptions.openOf(ctx, customerId))
      .filter(({ id }) => !now.some(({ subscription }) => subscription.id === id))
      .map((subscription) => ({ subscription, period: periodOf(subscription) }));
    return [
      ...now.map(({ subscription, moment }) => ({ subscription, period: invoicePeriod(moment) })),
      ...open,
    ]
      .filter(
        ({ subscription, period }) =>
          subscription.currency === currency && !inTrial(subscription) && period.start < at,
      )
      .map(({ subscription, period }): BillingTask => ({
        subscription,
        moment: { type: 'period_end', closing: { start: period.start, end: earlierOf(period.end, at) } },
        reason: 'SUBSCRIPTION_CYCLE',
      }));
  }

  /** When to look again at what is held; null when no bill of what was used before is to come any more. */
  private async neededUntil(
    ctx: Ctx,
    { customerId, currency, expiryDate }: WalletTransaction,
  ): Promise<Date | null> {
    const at = expiryDate as Date;
    const soon = new Date(ctx.now.getTime() + HOUR_MS);
    const tasks = await this.unbilled(ctx, customerId, currency, at, []);
    if (tasks.length > 0)
      return tasks.map(({ subscription }) => subscription.currentPeriodEnd).reduce(laterOf, soon);
    const { since, until } = await this.openDrafts.usageBefore(ctx, customerId, currency, at);
    return since !== null && until !== null && ctx.now.getTime() < until.getTime() + EXPIRED_WAIT_MS
      ? soon
      : null;
  }
}

const periodOf = (subscription: Subscription): { readonly start: Date; readonly end: Date } => ({
  start: subscription.currentPeriodStart,
  end: subscription.currentPeriodEnd,
});

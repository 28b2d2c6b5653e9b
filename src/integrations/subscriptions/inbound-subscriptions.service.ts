import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import type { Customer } from '../../customers/customers.types.js';
import {
  ImportedSubscriptionLife,
  type ImportedStatus,
} from '../../subscription-changes/imported-subscription-life.service.js';
import type { Ctx } from '../../platform/context.js';
import { PricesService } from '../../plans/prices.service.js';
import type { RemoteCustomer } from '../../providers/provider-objects.js';
import type { RemoteSubscription } from '../../providers/provider-subscriptions.js';
import {
  ImportedSubscriptionsService,
  type ImportedItem,
  type ImportInput,
} from '../../subscriptions/imported-subscriptions.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import type { PlanReading } from '../catalogue/inbound-plans.service.js';
import { HANDLED, handledBut, skipped, SUPERSEDED, type Dispatched } from '../outcomes/dispatched.js';
import { MappingsService } from '../mappings/mappings.service.js';
import type { EntityMapping } from '../mappings/mappings.types.js';
import {
  commonOfOurs,
  commonOfRemote,
  endingOf,
  isOver,
  pauseOf,
  storedCommon,
  type CommonSubscription,
} from './common-subscription.js';
import { ImportedItems } from './imported-items.service.js';
import { billingItem, remoteStatusOf } from './remote-status.js';

/** A subscription as the provider shows it, with what it needs and was not known here. */
export interface SubscriptionReading {
  readonly remote: RemoteSubscription;
  /** Of {@link MappingsService.beginReading}, drawn before it was read. */
  readonly number: number;
  readonly customer: RemoteCustomer | undefined;
  readonly plans: readonly PlanReading[];
}

/** All that both sides know when ours is brought to where the provider's is. */
interface Known {
  readonly mapping: EntityMapping | null;
  readonly common: CommonSubscription | undefined;
  readonly telling: CommonSubscription | undefined;
}

/**
 * Remote subscriptions as subscriptions of ours. Every event leads to the same: what the provider shows now is read and
 * taken over, whatever the event said, so that neither order nor repetition nor loss of events matters.
 */
@Injectable()
export class InboundSubscriptions {
  constructor(
    private readonly customers: CustomersService,
    private readonly prices: PricesService,
    private readonly subscriptions: SubscriptionsService,
    private readonly imported: ImportedSubscriptionsService,
    private readonly life: ImportedSubscriptionLife,
    private readonly items: ImportedItems,
    private readonly mappings: MappingsService,
  ) {}

  async apply(
    ctx: Ctx,
    connection: Connection,
    reading: SubscriptionReading,
    takeCustomer: (remote: RemoteCustomer) => Promise<Dispatched>,
  ): Promise<Dispatched> {
    const { remote, number } = reading;
    if (!connection.syncConfig.subscription.inbound) return skipped('subscription.inbound is switched off');
    if (remote.foreign) return skipped('the subscription belongs to another environment');
    const mapping = await this.mappings.lockRemote(ctx, connection.id, 'subscription', remote.remoteId);
    if (mapping?.agreement && mapping.agreement.read > number) return SUPERSEDED;
    if (remote.status === 'pending') return skipped('its status is one that nobody knows here');
    if (mapping === null && remote.status === 'expired')
      return skipped('it expired before its first payment');
    if (mapping === null && remote.status === 'incomplete')
      return skipped('it waits for its first payment, and comes in with that');
    const customer = await this.customerOf(ctx, connection, reading, mapping, takeCustomer);
    if ('reason' in customer) return skipped(customer.reason);
    const items = await this.items.resolve(ctx, connection, remote, reading.plans);
    if ('missing' in items) return skipped(items.missing);
    const known: Known = {
      mapping,
      common: storedCommon(mapping?.agreement?.common),
      telling: storedCommon(mapping?.agreement?.telling),
    };
    const input = await this.inputOf(ctx, connection, customer, remote, items);
    const ours = await this.reach(ctx, connection, remote, items, input, known);
    if ('reason' in ours) return skipped(ours.reason);
    await this.agree(ctx, connection, ours.id, reading, known);
    return remote.unreadable.length === 0 ? HANDLED : handledBut(remote.unreadable);
  }

  /** Ours, where the provider's is. */
  private async reach(
    ctx: Ctx,
    connection: Connection,
    remote: RemoteSubscription,
    items: readonly ImportedItem[],
    input: ImportInput,
    known: Known,
  ): Promise<Subscription | { readonly reason: string }> {
    if (known.mapping === null)
      return this.bring(ctx, connection, await this.life.begin(ctx, input), remote, items, known);
    const before = await this.life.current(ctx, known.mapping.entityId);
    if (before.subscriptionStatus === 'cancelled') {
      if (isOver(remote)) return before;
      if (!endedAsAgreed(before, known.common))
        return { reason: 'it was cancelled here, and the provider is told if that is switched on' };
      // It ended when it was to, and goes on there after all.
      return this.anew(ctx, connection, before, remote, items, input, known);
    }
    const another =
      before.planId !== input.plan.id ||
      before.billingPeriod !== input.interval.unit ||
      before.billingPeriodCount !== input.interval.count;
    return another && !isOver(remote)
      ? this.anew(ctx, connection, before, remote, items, input, known)
      : this.bring(ctx, connection, before, remote, items, known);
  }

  private async anew(
    ctx: Ctx,
    connection: Connection,
    before: Subscription,
    remote: RemoteSubscription,
    items: readonly ImportedItem[],
    input: ImportInput,
    known: Known,
  ): Promise<Subscription> {
    const next = await this.life.startAnew(ctx, before, input);
    // What is planned of the old one is not: the new one takes the provider's word for all.
    const fresh = { ...known, common: undefined, telling: undefined };
    return this.bring(ctx, connection, next, remote, items, fresh);
  }

  private async bring(
    ctx: Ctx,
    connection: Connection,
    before: Subscription,
    remote: RemoteSubscription,
    items: readonly ImportedItem[],
    known: Known,
  ): Promise<Subscription> {
    const there = commonOfRemote(remote);
    await this.imported.describe(ctx, before, {
      collectionMethod: remote.collectionMethod,
      metadata: remote.metadata,
    });
    if (there.cancelled) return this.life.end(ctx, before, remote.endedAt ?? ctx.now);
    const standing: ImportedStatus = remoteStatusOf(remote);
    let ours = await this.life.follow(ctx, before, standing);
    const changedThere = (word: (of: CommonSubscription) => string): boolean => {
      const now = word(there);
      return (
        (known.common === undefined || now !== word(known.common)) &&
        (known.telling === undefined || now !== word(known.telling)) &&
        now !== word(commonOfOurs(ours, []))
      );
    };
    if (changedThere(endingOf))
      ours = await this.life.followEnd(ctx, ours, remote.cancelAt, remote.cancelAtPeriodEnd);
    if (changedThere(pauseOf)) ours = await this.life.followPause(ctx, ours, remote.paused);
    await this.items.follow(ctx, connection, ours, items, known);
    return ours;
  }

  private async agree(
    ctx: Ctx,
    connection: Connection,
    subscriptionId: string,
    { remote, number }: SubscriptionReading,
    { mapping, telling }: Known,
  ): Promise<void> {
    const moved =
      mapping !== null && mapping.entityId !== subscriptionId
        ? await this.mappings.move(ctx, mapping, subscriptionId)
        : (mapping ??
          (await this.mappings.link(ctx, connection, 'subscription', subscriptionId, remote.remoteId)));
    await this.mappings.acceptBaseline(
      ctx,
      moved,
      {
        read: number,
        common: { ...commonOfRemote(remote) },
        telling: moved.id === mapping?.id && telling !== undefined ? { ...telling } : null,
      },
      { status: remote.status },
    );
  }

  private async inputOf(
    ctx: Ctx,
    connection: Connection,
    customer: Customer,
    remote: RemoteSubscription,
    items: readonly ImportedItem[],
  ): Promise<ImportInput> {
    const [first] = items;
    if (first === undefined) throw new Error(`subscription ${remote.remoteId} has no items`);
    const standing = remoteStatusOf(remote);
    const { price } = billingItem(remote);
    return {
      connectionId: connection.id,
      customer,
      plan: first.plan,
      ...standing,
      status: standing.status === 'incomplete' ? 'incomplete' : standing.status,
      currency: remote.currency,
      interval: { unit: price.billingPeriod, count: price.billingPeriodCount },
      startDate: remote.startedAt,
      collectionMethod: remote.collectionMethod,
      metadata: remote.metadata,
      items,
      prices: await this.prices.ofPlans(ctx, [first.plan.id]),
    };
  }

  private async customerOf(
    ctx: Ctx,
    connection: Connection,
    { remote, customer }: SubscriptionReading,
    mapping: EntityMapping | null,
    take: (remote: RemoteCustomer) => Promise<Dispatched>,
  ): Promise<Customer | { readonly reason: string }> {
    // A customer that is deleted there is let go of before the end of the subscription is told.
    if (mapping !== null) {
      const { customerId } = await this.subscriptions.get(ctx, mapping.entityId);
      return this.customers.get(ctx, customerId);
    }
    const find = async (): Promise<Customer | null> => {
      const id = remote.remoteCustomerId;
      const known = await this.mappings.findByRemoteId(ctx, connection.id, 'customer', id);
      return known === null ? null : this.customers.find(ctx, known.entityId);
    };
    const known = await find();
    if (known !== null) return known;
    const taken = customer === undefined ? undefined : await take(customer);
    const found = await find();
    if (found !== null) return found;
    const why = taken !== undefined && 'reason' in taken ? `: ${taken.reason}` : '';
    return { reason: `the customer ${remote.remoteCustomerId} is not known here${why}` };
  }
}

/** Whether ours ended by itself on the day that both sides had named. */
function endedAsAgreed(
  { cancelledAt, cancelAt }: Subscription,
  common: CommonSubscription | undefined,
): boolean {
  if (common?.cancelled === true || common?.cancelAt === null || common === undefined) return false;
  return cancelAt !== null && cancelledAt !== null && cancelledAt >= new Date(common.cancelAt);
}

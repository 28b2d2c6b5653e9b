import { Injectable } from '@nestjs/common';
import { toCustomerResponse } from '../customers/customers.responses.js';
import { CustomersService } from '../../customers/customers.service.js';
import type { Ctx } from '../../platform/context.js';
import { parseExpand } from '../../platform/http/expand.js';
import { toPlanResponse } from '../plans/plans.responses.js';
import { PlansService } from '../../plans/plans.service.js';
import { PricesService } from '../../plans/prices.service.js';
import { SubscriptionCouponsService } from '../../plans/subscription-coupons.service.js';
import { CreditGrantsService } from '../../wallets/credit-grants.service.js';
import {
  toLineItemResponse,
  toSubscriptionResponse,
  type SubscriptionLineItemResponse,
  type SubscriptionResponse,
} from './subscriptions.responses.js';
import { SubscriptionPausesService } from '../../subscriptions/subscription-pauses.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription, SubscriptionLineItem } from '../../subscriptions/subscriptions.types.js';

const EXPANSIONS = [
  'customer',
  'plan',
  'line_items',
  'subscription_line_items',
  'prices',
  'meters',
  'prices.meters',
  'pauses',
];

/** Subscriptions as they are shown: with lines and prices, by a number of queries that does not grow with them. */
@Injectable()
export class SubscriptionsQueries {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly pauses: SubscriptionPausesService,
    private readonly customers: CustomersService,
    private readonly plans: PlansService,
    private readonly prices: PricesService,
    private readonly coupons: SubscriptionCouponsService,
    private readonly grants: CreditGrantsService,
  ) {}

  async show(
    ctx: Ctx,
    rows: readonly Subscription[],
    options: { expand?: string | undefined; latestInvoice?: object | null } = {},
  ): Promise<SubscriptionResponse[]> {
    const expand = parseExpand(options.expand, EXPANSIONS);
    const lines = await this.subscriptions.linesOf(
      ctx,
      rows.map((row) => row.id),
    );
    const prices = await this.prices.byIds(
      ctx,
      lines.map((line) => line.priceId),
    );
    const pauses = await this.pauses.of(
      ctx,
      rows.map((row) => row.id),
    );
    const coupons = await this.coupons.of(
      ctx,
      rows.map((row) => row.id),
    );
    const grants = await this.grants.ofSubscriptions(
      ctx,
      rows.map((row) => row.id),
    );
    const customers = new Map(
      expand.has('customer')
        ? (await this.customers.listByIds(ctx, [...new Set(rows.map((row) => row.customerId))])).map(
            (row) => [row.id, toCustomerResponse(row)],
          )
        : [],
    );
    const planIds = [...new Set(rows.map((row) => row.planId))];
    const plans = new Map(
      expand.has('plan') && planIds.length > 0
        ? (await this.plans.search(ctx, { plan_ids: planIds, limit: 1000 }, false)).rows.map(({ plan }) => [
            plan.id,
            toPlanResponse(plan, null),
          ])
        : [],
    );
    return rows.map((row) =>
      toSubscriptionResponse(row, {
        lines: lines.filter((line) => line.subscriptionId === row.id),
        prices,
        customer: customers.get(row.customerId) ?? null,
        plan: plans.get(row.planId) ?? null,
        latestInvoice: options.latestInvoice ?? null,
        pauses: pauses.filter((pause) => pause.subscriptionId === row.id),
        creditGrants: grants.filter(({ subscriptionId }) => subscriptionId === row.id),
        coupons: coupons.filter(({ association }) => association.subscriptionId === row.id),
      }),
    );
  }

  /** Lines of subscriptions as they are shown, with their prices. */
  async showLines(ctx: Ctx, lines: readonly SubscriptionLineItem[]): Promise<SubscriptionLineItemResponse[]> {
    const prices = await this.prices.byIds(
      ctx,
      lines.map((line) => line.priceId),
    );
    return lines.map((line) => toLineItemResponse(line, prices.get(line.priceId)));
  }

  async showLine(ctx: Ctx, line: SubscriptionLineItem): Promise<SubscriptionLineItemResponse> {
    return (await this.showLines(ctx, [line]))[0] as SubscriptionLineItemResponse;
  }
}

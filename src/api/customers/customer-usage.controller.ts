import { Get, Query } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import { fieldErrors } from '../../domain/errors.js';
import { formatRate, ZERO, type Rate } from '../../domain/rate.js';
import { toFeatureResponse } from '../features/features.responses.js';
import { earlierOf } from '../../domain/period.js';
import type { EntitlementTotal } from '../../domain/usage/entitlement-summary.js';
import { FeaturesService } from '../../features/features.service.js';
import type { MeteredFeature } from '../../features/features.types.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { MAX_LIMIT } from '../../platform/http/list-query.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { toEntitlementSource, totalOfSources } from '../subscriptions/entitlement-summaries.responses.js';
import {
  EntitlementSummaries,
  type EntitledFeature,
  type EntitlementSource,
} from '../../subscriptions/entitlement-summaries.service.js';
import { CustomerUsageSummaryRequest } from '../subscriptions/subscription-usage.requests.js';
import {
  CustomerUsageSummaryResponse,
  type FeatureUsageSummaryResponse,
} from '../subscriptions/subscription-usage.responses.js';
import { SubscriptionUsageService, type UsageCharge } from '../../rating/subscription-usage.service.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';

@ApiController('customers', 'Usage')
export class CustomerUsageController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly customers: CustomersService,
    private readonly features: FeaturesService,
    private readonly usage: SubscriptionUsageService,
    private readonly summaries: EntitlementSummaries,
  ) {}

  /**
   * How much a customer has used of each metered feature in the current periods of its subscriptions, with its
   * limits.
   */
  @Get('usage')
  ofCustomer(
    @CurrentCaller() caller: Caller,
    @Query() query: CustomerUsageSummaryRequest,
  ): Promise<CustomerUsageSummaryResponse> {
    if (query.customer_id === undefined && query.customer_lookup_key === undefined)
      throw fieldErrors({ customer_id: 'customer_id or customer_lookup_key is required' });
    return this.uow.read(caller, async (ctx) => {
      const customer = await this.customers.resolve(ctx, {
        id: query.customer_id,
        externalId: query.customer_lookup_key,
      });
      const rows = await this.summaries.entitling(ctx, customer.id, query.subscription_ids);
      const charges = await this.usage.charges(
        ctx,
        rows.map((subscription) => ({
          subscription,
          window: this.usage.currentWindow(ctx, subscription),
        })),
      );
      const entitled = (await this.summaries.of(ctx, rows)).filter(({ feature }) => feature.meter !== null);
      const features = await this.featuresOf(ctx, charges, entitled, query);
      const limited = await this.limitsOf(ctx, customer.externalId, entitled);
      const summaries = features.map(
        (feature) => limited.get(feature.feature.id) ?? summaryOf(feature, charges),
      );
      return {
        customer_id: customer.id,
        features: summaries,
        period: periodOf(rows),
        pagination: { total: summaries.length, limit: summaries.length, offset: 0 },
      };
    });
  }

  private async featuresOf(
    ctx: Ctx,
    charges: readonly UsageCharge[],
    entitled: readonly EntitledFeature[],
    query: CustomerUsageSummaryRequest,
  ): Promise<MeteredFeature[]> {
    const meters = [
      ...new Set([
        ...charges.flatMap(({ line }) => line.meterId ?? []),
        ...entitled.flatMap(({ feature }) => feature.feature.meterId ?? []),
      ]),
    ];
    if (meters.length === 0) return [];
    const { rows } = await this.features.search(ctx, {
      meter_ids: meters,
      ...(query.feature_ids === undefined ? {} : { feature_ids: query.feature_ids }),
      ...(query.feature_lookup_keys === undefined ? {} : { lookup_keys: query.feature_lookup_keys }),
      limit: MAX_LIMIT,
    });
    return rows;
  }

  /** What was used of each limit, in the time that it holds for: of several subscriptions, since the first began anew. */
  private async limitsOf(
    ctx: Ctx,
    externalCustomerId: string,
    entitled: readonly EntitledFeature[],
  ): Promise<ReadonlyMap<string, FeatureUsageSummaryResponse>> {
    const chains = await this.summaries.chainsOf(ctx, [
      ...new Set(entitled.flatMap(({ sources }) => sources.map(({ subscription }) => subscription))),
    ]);
    const limits = entitled.flatMap(({ feature, sources }) => {
      const total = totalOfSources(sources);
      const windows = sources.map(({ subscription }) =>
        this.summaries.windowOf(ctx, subscription, total, chains),
      );
      const start = windows.map((one) => one.start).reduce(earlierOf);
      const ends = windows.flatMap(({ end }) => end ?? []);
      return feature.meter === null
        ? []
        : [
            {
              feature,
              sources,
              total,
              start,
              meter: feature.meter,
              resetAt: ends.length === 0 ? null : ends.reduce(earlierOf),
            },
          ];
    });
    const begun = limits.filter(({ start }) => start < ctx.now);
    const used = await this.usage.used(
      ctx,
      externalCustomerId,
      begun.map(({ meter, start }) => ({ meter, window: { start, end: ctx.now } })),
    );
    return new Map(
      limits.map((limit) => [
        limit.feature.feature.id,
        limitedSummary(limit, used[begun.indexOf(limit)] ?? ZERO),
      ]),
    );
  }
}

function limitedSummary(
  limit: {
    readonly feature: MeteredFeature;
    readonly sources: readonly EntitlementSource[];
    readonly total: EntitlementTotal;
    readonly resetAt: Date | null;
  },
  used: Rate,
): FeatureUsageSummaryResponse {
  const { isEnabled, isSoftLimit, limit: most } = limit.total;
  return {
    feature: toFeatureResponse(limit.feature),
    current_usage: formatRate(used),
    total_limit: most,
    is_enabled: isEnabled,
    is_soft_limit: isSoftLimit,
    is_unlimited: isEnabled && most === null,
    next_usage_reset_at: limit.resetAt,
    sources: limit.sources.map(toEntitlementSource),
    // Of nothing there is no share.
    usage_percent:
      most === null || most === 0 ? null : formatRate(used.times(100).div(most).toDecimalPlaces(2)),
  };
}

/** Without an entitlement there is no limit: everything that a price charges for may be used. */
function summaryOf(metered: MeteredFeature, charges: readonly UsageCharge[]): FeatureUsageSummaryResponse {
  const own = charges.filter(({ line }) => line.meterId === metered.feature.meterId);
  const used = own.reduce((sum, one) => sum.plus(one.used), ZERO);
  const [reset] = own
    .map(({ subscription }) => subscription.currentPeriodEnd)
    .sort((a, b) => a.getTime() - b.getTime());
  return {
    feature: toFeatureResponse(metered),
    current_usage: formatRate(used),
    total_limit: null,
    is_enabled: true,
    is_soft_limit: false,
    is_unlimited: true,
    next_usage_reset_at: reset ?? null,
    sources: [],
    usage_percent: null,
  };
}

function periodOf(subscriptions: readonly Subscription[]): CustomerUsageSummaryResponse['period'] {
  const [first] = [...subscriptions].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  return first === undefined
    ? null
    : { start_time: first.currentPeriodStart, end_time: first.currentPeriodEnd, period: first.billingPeriod };
}

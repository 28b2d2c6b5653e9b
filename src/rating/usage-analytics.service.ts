import { Injectable } from '@nestjs/common';
import { clip, type Period } from '../domain/period.js';
import { rateBuckets } from '../domain/rating/rate-buckets.js';
import { ratePrice } from '../domain/rating/rate-price.js';
import { ZERO, type Rate } from '../domain/rate.js';
import { billableQuantity } from '../domain/usage/aggregate.js';
import type { WindowSize } from '../domain/usage/aggregation.js';
import type { PropertyFilter } from '../domain/usage/filters.js';
import { sharesOf } from '../domain/usage/shares.js';
import { FeaturesService } from '../features/features.service.js';
import type { Meter, MeteredFeature } from '../features/features.types.js';
import type { Customer } from '../customers/customers.types.js';
import type { Ctx } from '../platform/context.js';
import { PricesService } from '../plans/prices.service.js';
import { priceFilters, pricingTermsOf, type MeteredPrice } from '../plans/plans.types.js';
import type { SubscriptionLineItem } from '../subscriptions/subscriptions.types.js';
import { UsageLinesService } from '../subscriptions/usage-lines.service.js';
import { meterQuery, UsageService, type UsageBucketValue } from '../usage/usage.service.js';
import type { UsageCell, UsageGroupKey, UsageQuery } from '../usage/usage.types.js';

const MOST_FEATURES = 1000;
const NO_CURRENCY = 'usd';

export interface AnalyticsRequest {
  readonly customer: Customer;
  readonly window: Period;
  readonly windowSize: WindowSize | undefined;
  readonly featureIds: readonly string[] | undefined;
  readonly sources: readonly string[] | undefined;
  readonly filters: readonly PropertyFilter[];
  readonly groupBy: readonly UsageGroupKey[];
  readonly withSources: boolean;
}

export interface AnalyticsPoint {
  readonly start: Date;
  readonly usage: Rate;
  readonly cost: Rate;
  readonly events: number;
}

/** The usage of a feature in one group, by the line that charges for it. */
export interface AnalyticsItem {
  readonly metered: MeteredFeature;
  readonly meter: Meter;
  readonly line: SubscriptionLineItem | undefined;
  readonly priced: MeteredPrice | undefined;
  readonly source: string | null;
  readonly sources: readonly string[];
  readonly properties: Record<string, string>;
  readonly usage: Rate;
  readonly cost: Rate;
  readonly events: number;
  readonly windowSize: WindowSize | undefined;
  readonly points: readonly AnalyticsPoint[];
}

export interface UsageAnalytics {
  readonly items: readonly AnalyticsItem[];
  readonly currency: string;
}

/** What is asked of the usage for one feature and the line that charges for it. */
interface Subject {
  readonly metered: MeteredFeature;
  readonly meter: Meter;
  readonly line: SubscriptionLineItem | undefined;
  readonly priced: MeteredPrice | undefined;
  /** What is shown. */
  readonly query: UsageQuery;
  /** What is charged for: the part that lies in the life of the line. */
  readonly charged: UsageQuery;
}

/** Usage with its cost, from the one source that bills are made from. */
@Injectable()
export class UsageAnalyticsService {
  constructor(
    private readonly features: FeaturesService,
    private readonly prices: PricesService,
    private readonly lines: UsageLinesService,
    private readonly usage: UsageService,
  ) {}

  async analyze(ctx: Ctx, request: AnalyticsRequest): Promise<UsageAnalytics> {
    const subjects = await this.subjects(ctx, request);
    const queries = subjects.map(({ query }) => query);
    const by = { timeZone: 'UTC', groupBy: request.groupBy };
    const totals = await this.usage.breakdown(ctx, queries, { ...by, size: undefined });
    const charged = await this.usage.aggregate(
      ctx,
      subjects.map((subject) => subject.charged),
    );
    const bucketed = subjects.map((subject) => subject.charged).filter(hasBuckets);
    const found = await this.usage.buckets(ctx, bucketed);
    const buckets = new Map(bucketed.map((query, index) => [query, found[index] ?? []]));
    const points =
      request.windowSize === undefined
        ? []
        : await this.usage.breakdown(ctx, queries, { ...by, size: request.windowSize });
    const sources = request.withSources
      ? await this.usage.breakdown(ctx, queries, { size: undefined, timeZone: 'UTC', groupBy: ['source'] })
      : [];
    return {
      currency: subjects.find(({ line }) => line !== undefined)?.line?.currency ?? NO_CURRENCY,
      items: subjects.flatMap((subject, n) =>
        itemsOf(subject, request, {
          totals: totals[n] ?? [],
          points: points[n] ?? [],
          cost: costOf(subject.priced, charged[n] ?? ZERO, buckets.get(subject.charged)),
        }).map((item) => ({
          ...item,
          sources: (sources[n] ?? []).flatMap(({ group: [source] }) => (source ? [source] : [])),
        })),
      ),
    };
  }

  /** One for each line that charges for a feature, or one without a line. */
  private async subjects(ctx: Ctx, request: AnalyticsRequest): Promise<Subject[]> {
    const { customer, window } = request;
    const { rows } = await this.features.search(ctx, {
      limit: MOST_FEATURES,
      ...(request.featureIds === undefined ? {} : { feature_ids: [...request.featureIds] }),
    });
    const lines = await this.lines.list(ctx, customer.id, window);
    const prices = await this.prices.byIds(
      ctx,
      lines.map((line) => line.priceId),
    );
    return rows.flatMap((metered) => {
      const { meter } = metered;
      if (meter === null) return [];
      const own = lines.filter((line) => line.meterId === meter.id);
      const charging: readonly (SubscriptionLineItem | undefined)[] = own.length === 0 ? [undefined] : own;
      return charging.flatMap((line) => {
        const period =
          line === undefined ? window : clip(window, { start: line.startDate, end: line.endDate });
        if (period === undefined) return [];
        const priced = line === undefined ? undefined : prices.get(line.priceId);
        const filters = priced === undefined ? [] : priceFilters(priced.price);
        const charged: UsageQuery = {
          ...meterQuery(meter, customer.externalId, period, [...filters, ...request.filters]),
          ...(request.sources === undefined ? {} : { sources: request.sources }),
        };
        // Of several lines each shows its own time: together they show all of it, once.
        const query = own.length > 1 ? charged : { ...charged, window };
        return [{ metered, meter, line, priced, query, charged }];
      });
    });
  }
}

/** The cost is that of the whole usage, as tiers make it, and is spread over groups and windows by their usage. */
function itemsOf(
  subject: Subject,
  request: AnalyticsRequest,
  { totals, points, cost }: { totals: readonly UsageCell[]; points: readonly UsageCell[]; cost: Rate },
): AnalyticsItem[] {
  const usages = totals.map((cell) => billableQuantity(cell.value));
  const costs = sharesOf(cost, usages);
  const { metered, meter, line, priced } = subject;
  return totals.map((total, n) => {
    const key = JSON.stringify(total.group);
    const own = points.filter((cell) => JSON.stringify(cell.group) === key);
    const pointCosts = sharesOf(
      costs[n] ?? ZERO,
      own.map((cell) => billableQuantity(cell.value)),
    );
    const groups = request.groupBy.map((name, index) => [name, total.group[index] ?? null] as const);
    return {
      metered,
      meter,
      line,
      priced,
      source: groups.find(([name]) => name === 'source')?.[1] ?? null,
      sources: [],
      properties: Object.fromEntries(
        groups.flatMap(([name, value]) =>
          name === 'source' ? [] : [[name.slice('properties.'.length), value ?? '']],
        ),
      ),
      usage: total.value,
      cost: costs[n] ?? ZERO,
      events: total.events,
      windowSize: request.windowSize,
      points: own.map((cell, index) => ({
        start: cell.start,
        usage: cell.value,
        cost: pointCosts[index] ?? ZERO,
        events: cell.events,
      })),
    };
  });
}

const hasBuckets = ({ aggregation }: UsageQuery): boolean => aggregation.bucketSize !== undefined;

/** What the whole usage costs by its price: every bucket on its own where the meter has some. */
function costOf(
  priced: MeteredPrice | undefined,
  used: Rate,
  buckets: readonly UsageBucketValue[] | undefined,
): Rate {
  if (priced === undefined) return ZERO;
  const terms = pricingTermsOf(priced.price);
  return buckets === undefined
    ? ratePrice(terms, billableQuantity(used))
    : rateBuckets(terms, buckets).amount;
}

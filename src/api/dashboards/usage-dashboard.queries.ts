import { Injectable } from '@nestjs/common';
import { CustomerEntity } from '../../customers/customer.entity.js';
import type { Period } from '../../domain/period.js';
import { formatRate } from '../../domain/rate.js';
import { AGGREGATORS } from '../../domain/usage/aggregate.js';
import { addSummaries, NO_USAGE } from '../../domain/usage/summary.js';
import { FeatureEntity } from '../../features/feature.entity.js';
import { FeaturesService } from '../../features/features.service.js';
import type { Meter, MeteredFeature } from '../../features/features.types.js';
import type { Ctx } from '../../platform/context.js';
import { meterQuery, UsageService } from '../../usage/usage.service.js';
import type { UsageCell, UsageQuery } from '../../usage/usage.types.js';
import type {
  FeatureUsageResponse,
  UsageDashboardResponse,
  UsageDayResponse,
} from './usage-dashboard.responses.js';

const MOST_FEATURES = 50;

interface Measured {
  readonly feature: MeteredFeature['feature'];
  readonly meter: Meter;
  readonly query: UsageQuery;
  readonly cells: readonly UsageCell[];
  readonly events: number;
}

/** What is used: by feature and day from the roll-ups, and by customer. */
@Injectable()
export class UsageDashboardQueries {
  constructor(
    private readonly features: FeaturesService,
    private readonly usage: UsageService,
  ) {}

  async show(ctx: Ctx, window: Period, limit: number): Promise<UsageDashboardResponse> {
    const ids = await ctx.em
      .createQueryBuilder(FeatureEntity, 'row')
      .select('row.id', 'id')
      .where(`row.status = 'published' AND row.meterId IS NOT NULL`)
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .limit(MOST_FEATURES + 1)
      .getRawMany<{ id: string }>();
    const metered = await this.features.byIds(
      ctx,
      ids.slice(0, MOST_FEATURES).map(({ id }) => id),
    );
    const measured = await this.measured(ctx, [...metered.values()], window);
    const days = daysOf(measured);
    const total = days.reduce((sum, { event_count }) => sum + event_count, 0);
    const { customers, isEstimate } = await this.usage.volumes(ctx, {
      window,
      eventNames: [...new Set(measured.map(({ meter }) => meter.eventName))],
      most: limit,
      total,
    });
    const known = await ctx.em
      .createQueryBuilder(CustomerEntity, 'row')
      .where(`row.status <> 'deleted' AND row.externalId = ANY(:names)`, {
        names: customers.map(({ externalCustomerId }) => externalCustomerId),
      })
      .getMany();
    return {
      as_of: ctx.now,
      start_time: window.start,
      end_time: window.end,
      event_count: total,
      days,
      features: measured
        .filter(({ events }) => events > 0)
        .sort((a, b) => b.events - a.events)
        .slice(0, limit)
        .map(toFeature),
      customers: customers.map(({ externalCustomerId, events }) => {
        const customer = known.find((one) => one.externalId === externalCustomerId);
        return {
          external_customer_id: externalCustomerId,
          customer_id: customer?.id ?? null,
          name: customer?.name ?? null,
          event_count: events,
        };
      }),
      customers_are_estimated: isEstimate,
      is_complete: ids.length <= MOST_FEATURES,
    };
  }

  /** By the day. Buckets and what is carried over are matters of bills: here a day is what happened in it. */
  private async measured(ctx: Ctx, features: readonly MeteredFeature[], window: Period): Promise<Measured[]> {
    const asked = features.flatMap(({ feature, meter }) => {
      if (meter === null) return [];
      const { aggregation, carriesOver: _, ...query } = meterQuery(meter, undefined, window);
      const { bucketSize: _size, groupBy: _group, ...plain } = aggregation;
      return [{ feature, meter, query: { ...query, aggregation: plain } }];
    });
    const cells = await this.usage.breakdown(
      ctx,
      asked.map(({ query }) => query),
      { size: 'DAY', timeZone: 'UTC', groupBy: [] },
    );
    return asked.map((one, index) => {
      const own = cells[index] ?? [];
      return { ...one, cells: own, events: own.reduce((sum, { events }) => sum + events, 0) };
    });
  }
}

const dayOf = ({ start }: UsageCell): string => start.toISOString().slice(0, 10);

/** Meters of one name count the same events: the one that sees the most of them has seen them all, or narrows the least. */
function daysOf(measured: readonly Measured[]): UsageDayResponse[] {
  const byName = new Map<string, number>();
  for (const { meter, cells } of measured)
    for (const cell of cells) {
      const key = `${dayOf(cell)} ${meter.eventName}`;
      byName.set(key, Math.max(byName.get(key) ?? 0, cell.events));
    }
  const days = new Map<string, number>();
  for (const [key, events] of byName) {
    const day = key.slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + events);
  }
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([day, event_count]) => ({ day, event_count }));
}

function toFeature({ feature, meter, query, cells, events }: Measured): FeatureUsageResponse {
  const { aggregation, window } = query;
  const whole = cells.reduce((sum, { summary }) => addSummaries(sum, summary), NO_USAGE);
  return {
    feature_id: feature.id,
    name: feature.name,
    event_name: meter.eventName,
    aggregation_type: aggregation.type,
    unit: feature.unitSingular,
    unit_plural: feature.unitPlural,
    event_count: events,
    usage:
      aggregation.type === 'COUNT_UNIQUE'
        ? null
        : formatRate(AGGREGATORS[aggregation.type](whole, aggregation, window)),
    days: cells.map((cell) => ({
      day: dayOf(cell),
      event_count: cell.events,
      usage: formatRate(cell.value),
    })),
  };
}

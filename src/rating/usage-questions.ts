import type { Ctx } from '../platform/context.js';
import type { Period } from '../domain/period.js';
import { MEASURE_KINDS } from '../domain/usage/aggregation.js';
import { quotaWindows, type Quota } from '../domain/usage/entitlement-quota.js';
import { NO_USAGE, type UsageSummary } from '../domain/usage/summary.js';
import { ZERO, type Rate } from '../domain/rate.js';
import { priceFilters } from '../plans/plans.types.js';
import type { QuotaCalendar } from '../subscriptions/quota-calendar.types.js';
import { meterQuery, type UsageBucketValue, type UsageService } from '../usage/usage.service.js';
import type { UsageQuery } from '../usage/usage.types.js';
import { countedParts, isLevelMeter, type MeteredCharge, type RunLeg, type UsageRun } from './usage-runs.js';

/** Collects what is asked of the usage, so that all runs together take as many statements as one. */
export class UsageQuestions {
  private readonly values: UsageQuery[] = [];
  private readonly summaries: UsageQuery[] = [];
  private readonly buckets: UsageQuery[] = [];

  value = (query: UsageQuery): number => this.values.push(query) - 1;
  summary = (query: UsageQuery): number => this.summaries.push(query) - 1;
  bucketsOf = (query: UsageQuery): number => this.buckets.push(query) - 1;

  async ask(ctx: Ctx, usage: UsageService): Promise<UsageAnswers> {
    const [values, summaries, buckets] = await Promise.all([
      usage.aggregate(ctx, this.values),
      usage.summaries(ctx, this.summaries),
      usage.buckets(ctx, this.buckets),
    ]);
    return {
      value: (index) => (index === undefined ? ZERO : (values[index] ?? ZERO)),
      summary: (index) => (index === undefined ? NO_USAGE : (summaries[index] ?? NO_USAGE)),
      buckets: (index) => buckets[index] ?? [],
    };
  }
}

/** What was answered, by the places that the questions were given. */
export interface UsageAnswers {
  value(index: number | undefined): Rate;
  summary(index: number | undefined): UsageSummary;
  buckets(index: number): readonly UsageBucketValue[];
}

/** One stretch of time in which all events count alike, with the place of its summary. */
export interface Segment {
  readonly period: Period;
  readonly summary: number;
}

/** How the quantity of a run is found. */
export type AskedMeasure =
  /** The parts of the run, and of quota windows before it, that add up. */
  | { readonly kind: 'added'; readonly segments: readonly Segment[] }
  /** Each stretch, and what was there before the first one. */
  | { readonly kind: 'weighed'; readonly stretches: readonly number[]; readonly level: number | undefined }
  | { readonly kind: 'level'; readonly value: number }
  | { readonly kind: 'bucketed'; readonly stretches: readonly number[] };

export interface AskedWindow {
  readonly window: Period;
  /** Places of values: of the window to the end of the run, and to its begin. Left out where the segments tell. */
  readonly used?: number;
  readonly earlier?: number;
}

export interface AskedQuota {
  readonly quota: Quota;
  readonly windows: readonly AskedWindow[];
}

/** What the entitlements of one leg of a run give. */
export interface AskedLeg {
  readonly leg: RunLeg;
  readonly quotas: readonly AskedQuota[];
}

export interface AskedRun {
  readonly run: UsageRun;
  readonly query: UsageQuery;
  readonly measure: AskedMeasure;
  /** In the order of the run's legs. Where the parts do not add up, what the bill's own leg gives holds for all of them. */
  readonly legs: readonly AskedLeg[];
}

/** What a leg's entitlements give, and by what that begins anew. */
export interface QuotaTerms {
  readonly quotas: readonly Quota[];
  readonly calendar: QuotaCalendar;
}

/** The leg that the bill is for. */
export const ownLeg = ({ legs }: AskedRun): AskedLeg => legs.find(({ leg }) => leg.isOwn) as AskedLeg;

/** Asks all that a run needs. */
export function askUsage(
  questions: UsageQuestions,
  run: UsageRun,
  externalCustomerId: string,
  termsOf: (leg: RunLeg) => QuotaTerms,
): AskedRun {
  const { priced } = run.charges[0] as MeteredCharge;
  const query = meterQuery(run.meter, externalCustomerId, run.span, priceFilters(priced.price));
  const planned = run.legs.map((leg) => {
    const { quotas, calendar } = termsOf(leg);
    return {
      leg,
      quotas: quotas.map((quota) => ({ quota, windows: windowsOf(query, run, quota, calendar) })),
    };
  });
  const windows = planned
    .filter(({ leg }) => leg.isOwn)
    .flatMap(({ quotas }) => quotas.flatMap((one) => one.windows));
  const kind = kindOf(query, run, windows);
  if (kind === 'added') {
    const all = planned.flatMap(({ quotas }) => quotas.flatMap((one) => one.windows));
    const segments = segmentsOf(run, all).map((period) => ({
      period,
      summary: questions.summary({ ...query, window: period }),
    }));
    return {
      run,
      query,
      measure: { kind, segments },
      legs: planned.map(({ leg, quotas }) => ({
        leg,
        quotas: quotas.map(({ quota, windows: own }) => ({
          quota,
          windows: own.map((window) => ({ window })),
        })),
      })),
    };
  }
  const own = planned.find(({ leg }) => leg.isOwn)?.quotas ?? [];
  const quotas = own.map(({ quota, windows: of }) => ({
    quota,
    windows: of.map((window) => askWindow(questions, run, query, kind, window)),
  }));
  return {
    run,
    query,
    measure: askMeasure(questions, run, query, kind),
    legs: run.legs.map((leg) => ({ leg, quotas })),
  };
}

function windowsOf(query: UsageQuery, run: UsageRun, quota: Quota, calendar: QuotaCalendar): Period[] {
  // A meter that never resets measures a level: the limit is held against it, not against what was added in a window.
  if (query.carriesOver === true) return [run.span];
  // A period that a change of plan has cut goes on, and its quota with it.
  if (quota.reset === null && run.legs.length > 1) return [run.span];
  return quotaWindows(quota.reset, calendar.schedule, calendar.life, run.span);
}

function kindOf(query: UsageQuery, run: UsageRun, windows: readonly Period[]): AskedMeasure['kind'] {
  if (query.aggregation.bucketSize !== undefined) return 'bucketed';
  if (isLevelMeter(run.meter)) return 'level';
  const kind = MEASURE_KINDS[query.aggregation.type];
  const whole = windows.every(({ start, end }) => start <= run.span.start && end >= run.span.end);
  // Windows within the period have levels of their own: what is free of them is not told stretch by stretch.
  return kind === 'weighed' && !whole ? 'level' : kind;
}

function askMeasure(
  questions: UsageQuestions,
  run: UsageRun,
  query: UsageQuery,
  kind: Exclude<AskedMeasure['kind'], 'added'>,
): AskedMeasure {
  switch (kind) {
    case 'level':
      return { kind, value: questions.value(within(query, run, run.span)) };
    case 'bucketed':
      return {
        kind,
        stretches: run.stretches.map(({ period }) => questions.bucketsOf({ ...query, window: period })),
      };
    case 'weighed':
      return {
        kind,
        stretches: run.stretches.map(({ period }) => questions.summary({ ...query, window: period })),
        level: query.carriesOver === true ? questions.value(before(query, run.span.start)) : undefined,
      };
  }
}

function askWindow(
  questions: UsageQuestions,
  run: UsageRun,
  query: UsageQuery,
  kind: AskedMeasure['kind'],
  window: Period,
): AskedWindow {
  const earlier =
    window.start < run.span.start
      ? {
          earlier: questions.value(
            within(query, run, { start: window.start, end: earliest(window.end, run.span.start) }),
          ),
        }
      : {};
  // Buckets and stretches tell what was used in the run itself.
  return kind === 'level'
    ? { window, used: questions.value(within(query, run, window)), ...earlier }
    : { window, ...earlier };
}

/** A query of a window in which only what counts is counted. */
function within(query: UsageQuery, run: UsageRun, window: Period): UsageQuery {
  const parts = countedParts(run, window);
  const [first] = parts;
  const isWhole =
    first !== undefined &&
    parts.length === 1 &&
    first.start.getTime() === window.start.getTime() &&
    first.end.getTime() === window.end.getTime();
  return isWhole || parts.length === 0 ? { ...query, window } : { ...query, window, parts };
}

/** What was there before an instant, of a meter that never resets. */
const before = (query: UsageQuery, end: Date): UsageQuery => ({
  ...query,
  aggregation: { ...query.aggregation, type: 'SUM' },
  window: { start: new Date(end.getTime() - 1), end },
});

const earliest = (a: Date, b: Date): Date => (a < b ? a : b);

/** All that counts for a run and its quotas, cut wherever a stretch or a window begins or ends. */
function segmentsOf(run: UsageRun, windows: readonly Period[]): Period[] {
  const start = windows.reduce((first, window) => earliest(first, window.start), run.span.start);
  const cuts = [run.span.start, ...windows.flatMap((window) => [window.start, window.end])].map((date) =>
    date.getTime(),
  );
  return countedParts(run, { start, end: run.span.end }).flatMap((part) => {
    const inside = [...new Set(cuts)]
      .filter((at) => at > part.start.getTime() && at < part.end.getTime())
      .sort((a, b) => a - b);
    const edges = [part.start.getTime(), ...inside, part.end.getTime()];
    return edges
      .slice(1)
      .map((end, index) => ({ start: new Date(edges[index] as number), end: new Date(end) }));
  });
}

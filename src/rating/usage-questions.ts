import type { Ctx } from '../platform/context.js';
import type { OpenPeriod, Period } from '../domain/period.js';
import { MEASURE_KINDS } from '../domain/usage/aggregation.js';
import { quotaWindows, type Quota } from '../domain/usage/entitlement-quota.js';
import type { BillingSchedule } from '../domain/billing-period.js';
import { NO_USAGE, type UsageSummary } from '../domain/usage/summary.js';
import { ZERO, type Rate } from '../domain/rate.js';
import { priceFilters } from '../plans/plans.types.js';
import { meterQuery, type UsageBucketValue, type UsageService } from '../usage/usage.service.js';
import type { UsageQuery } from '../usage/usage.types.js';
import { countedParts, type MeteredCharge, type UsageRun } from './usage-runs.js';

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

export interface AskedRun {
  readonly run: UsageRun;
  readonly query: UsageQuery;
  readonly measure: AskedMeasure;
  readonly quotas: readonly AskedQuota[];
}

/** What quotas begin anew by, and since when usage counts for them. */
export interface QuotaCalendar {
  readonly schedule: BillingSchedule;
  readonly life: OpenPeriod;
}

/** Asks all that a run needs. */
export function askUsage(
  questions: UsageQuestions,
  run: UsageRun,
  terms: {
    readonly externalCustomerId: string;
    readonly quotas: readonly Quota[];
    readonly calendar: QuotaCalendar;
  },
): AskedRun {
  const { priced } = run.charges[0] as MeteredCharge;
  if (priced.meter === null) throw new RangeError('usage is asked for of prices with a meter');
  const query = meterQuery(priced.meter, terms.externalCustomerId, run.span, priceFilters(priced.price));
  const windows = terms.quotas.map((quota) => ({
    quota,
    // A meter that never resets measures a level: the limit is held against it, not against what was added in a window.
    windows:
      query.carriesOver === true
        ? [run.span]
        : quotaWindows(quota.reset, terms.calendar.schedule, terms.calendar.life, run.span),
  }));
  const kind = kindOf(
    query,
    run,
    windows.flatMap((one) => one.windows),
  );
  if (kind === 'added') {
    const segments = segmentsOf(
      run,
      windows.flatMap((one) => one.windows),
    ).map((period) => ({ period, summary: questions.summary({ ...query, window: period }) }));
    return {
      run,
      query,
      measure: { kind, segments },
      quotas: windows.map(({ quota, windows: all }) => ({
        quota,
        windows: all.map((window) => ({ window })),
      })),
    };
  }
  const quotas = windows.map(({ quota, windows: all }) => ({
    quota,
    windows: all.map((window) => askWindow(questions, run, query, kind, window)),
  }));
  return { run, query, measure: askMeasure(questions, run, query, kind), quotas };
}

function kindOf(query: UsageQuery, run: UsageRun, windows: readonly Period[]): AskedMeasure['kind'] {
  if (query.aggregation.bucketSize !== undefined) return 'bucketed';
  const kind = MEASURE_KINDS[query.aggregation.type];
  // What never resets is there at the end of the period, whatever was added to it in which part.
  if (kind === 'added' && query.carriesOver === true) return 'level';
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

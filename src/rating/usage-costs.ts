import { contains, durationMs, type Period } from '../domain/period.js';
import { Rate, ZERO } from '../domain/rate.js';
import {
  addCosts,
  costOfAdded,
  costOfLevel,
  type LineCost,
  type MeasuredStretch,
} from '../domain/rating/stretches.js';
import { AGGREGATORS, billableQuantity } from '../domain/usage/aggregate.js';
import { BUCKET_KINDS, type WindowSize } from '../domain/usage/aggregation.js';
import { bucketAt } from '../domain/usage/bucket-count.js';
import { applyQuotas, type QuotaOutcome, type QuotaWindow } from '../domain/usage/entitlement-quota.js';
import { addSummaries, NO_USAGE } from '../domain/usage/summary.js';
import { weightedLevels } from '../domain/usage/weighted-level.js';
import {
  ownLeg,
  type AskedMeasure,
  type AskedQuota,
  type AskedRun,
  type AskedWindow,
  type UsageAnswers,
} from './usage-questions.js';
import type { UsageStretch } from './usage-runs.js';

/** What a run costs, line by line. */
export interface RunCost {
  /** Of all legs. */
  readonly lines: readonly LineCost[];
  /** Buckets with usage, in the order of time; null for a meter without buckets. */
  readonly buckets: readonly BucketCost[] | null;
  readonly measured: MeasuredRun;
}

/** What was priced, for whoever has to explain it. */
export type MeasuredRun =
  /** Stretch by stretch: each with all that was used up to its end. */
  | { readonly kind: 'added'; readonly stretches: readonly (MeasuredStretch & UsageStretch)[] }
  /** One quantity for all stretches, priced for its share of the time. */
  | { readonly kind: 'level'; readonly billable: Rate; readonly free: Rate | null }
  | { readonly kind: 'bucketed' };

/** What a bucket, with all its groups, costs. */
export interface BucketCost {
  readonly window: Period;
  /** Of all legs. */
  readonly lines: readonly LineCost[];
}

interface FreeOutcome {
  readonly billable: Rate;
  readonly free: Rate | null;
}

/**
 * What a run costs. Runs of one bill may charge for one feature, each for other events of its meter: they share what is
 * free. The first one takes of it what it can, the others what is left.
 */
export function costOfRun(asked: AskedRun, sharing: readonly AskedRun[], answers: UsageAnswers): RunCost {
  const spent = spentBy(asked, sharing, answers);
  const { measure, run } = asked;
  switch (measure.kind) {
    case 'added':
      return costOfStretches(addedStretches(asked, answers, spent));
    case 'weighed':
      return costOfStretches(weighedStretches(asked, measure, answers, spent));
    case 'level': {
      const level = withQuotas(ownLeg(asked).quotas, answers.value(measure.value), (quota, window, n) => ({
        used: answers.value(window.used).plus(spent(quota, n)),
        ...earlierOf(answers.value(window.earlier).plus(spent(quota, n)), window, run.span),
      }));
      return {
        lines: costOfLevel(run.stretches, level, run.restMs),
        buckets: null,
        measured: { kind: 'level', ...level },
      };
    }
    case 'bucketed':
      return costOfBuckets(asked, measure.stretches, answers, spent);
  }
}

const costOfStretches = (stretches: readonly (MeasuredStretch & UsageStretch)[]): RunCost => ({
  lines: costOfAdded(stretches),
  buckets: null,
  measured: { kind: 'added', stretches },
});

/** Each leg takes what its own entitlements give of what was used since the run began; what is free is given once. */
function addedStretches(
  asked: AskedRun,
  answers: UsageAnswers,
  spent: Spent,
): (MeasuredStretch & UsageStretch)[] {
  let before: FreeOutcome = { billable: ZERO, free: null };
  return asked.legs.flatMap(({ leg, quotas }) => {
    const at = (until: Date): FreeOutcome => outcomeAt(asked, quotas, answers, spent, until);
    const begun = before;
    const start = at((leg.stretches[0] as UsageStretch).period.start);
    return leg.stretches.map((stretch): MeasuredStretch & UsageStretch => {
      before = sumOf(begun, differenceOf(at(stretch.period.end), start));
      return { ...stretch, ...before };
    });
  });
}

const differenceOf = (a: FreeOutcome, b: FreeOutcome): FreeOutcome => ({
  billable: a.billable.minus(b.billable),
  free: a.free === null ? null : a.free.minus(b.free ?? ZERO),
});

const sumOf = (a: FreeOutcome, b: FreeOutcome): FreeOutcome => ({
  billable: Rate.max(a.billable.plus(b.billable), ZERO),
  free: a.free === null && b.free === null ? null : (a.free ?? ZERO).plus(b.free ?? ZERO),
});

function weighedStretches(
  asked: AskedRun,
  measure: Extract<AskedMeasure, { kind: 'weighed' }>,
  answers: UsageAnswers,
  spent: Spent,
): (MeasuredStretch & UsageStretch)[] {
  const levels = weightedLevels(
    asked.run.stretches.map(({ period, charge }, index) => ({
      period,
      whole: charge.fullPeriod,
      summary: answers.summary(measure.stretches[index]),
    })),
    answers.value(measure.level),
  );
  return asked.run.stretches.map((stretch, index): MeasuredStretch & UsageStretch => {
    const level = levels[index] ?? ZERO;
    return {
      ...stretch,
      ...withQuotas(ownLeg(asked).quotas, level, (quota, window, n) => {
        const earlier = answers.value(window.earlier).plus(spent(quota, n));
        return { used: earlier.plus(level), earlier: { used: earlier } };
      }),
    };
  });
}

/** What is left to be priced of a quantity, and what is free. */
function withQuotas(
  quotas: readonly AskedQuota[],
  quantity: Rate,
  windowOf: (quota: AskedQuota, window: AskedWindow, index: number) => QuotaWindow,
): FreeOutcome {
  if (quotas.length === 0) return { billable: billableQuantity(quantity), free: null };
  const outcome: QuotaOutcome = applyQuotas(
    quotas.map((asked) => ({
      quota: asked.quota,
      windows: asked.windows.map((window, index) => windowOf(asked, window, index)),
    })),
  );
  return outcome;
}

/** The earlier part of a window, where it has one. */
const earlierOf = (used: Rate, { window }: AskedWindow, span: Period): Pick<QuotaWindow, 'earlier'> =>
  window.start < span.start || !used.isZero() ? { earlier: { used } } : {};

/** What adds up, from the begin of the run to an instant in it. */
function outcomeAt(
  asked: AskedRun,
  quotas: readonly AskedQuota[],
  answers: UsageAnswers,
  spent: Spent,
  until: Date,
): FreeOutcome {
  const { span } = asked.run;
  const quantity = addedIn(asked, answers, { start: span.start, end: until });
  const begun = quotas.map((quota): AskedQuota => ({
    ...quota,
    windows: quota.windows.filter(({ window }) => window.start < until),
  }));
  return withQuotas(begun, quantity, (quota, one, index) => {
    const { window } = one;
    const other = spent(quotas[begun.indexOf(quota)] as AskedQuota, index);
    const end = window.end < until ? window.end : until;
    const earlier = addedIn(asked, answers, { start: window.start, end: span.start }).plus(other);
    return {
      used: addedIn(asked, answers, { start: window.start, end }).plus(other),
      ...earlierOf(earlier, one, span),
    };
  });
}

/** Of a run whose parts add up: what counts in a window. */
function addedIn({ measure, query }: AskedRun, answers: UsageAnswers, window: Period): Rate {
  if (measure.kind !== 'added') return ZERO;
  const summary = measure.segments
    .filter(({ period }) => period.start >= window.start && period.end <= window.end)
    .reduce((sum, segment) => addSummaries(sum, answers.summary(segment.summary)), NO_USAGE);
  return AGGREGATORS[query.aggregation.type](summary, query.aggregation, query.window);
}

/** What others have used of a window of a quota before this run may. */
type Spent = (quota: AskedQuota, window: number) => Rate;

function spentBy(asked: AskedRun, sharing: readonly AskedRun[], answers: UsageAnswers): Spent {
  const index = sharing.findIndex(({ run }) => run.charges === asked.run.charges);
  const beside = sharing.filter((_, n) => n !== index);
  const before = sharing.slice(0, Math.max(index, 0));
  return (quota, w) => {
    const window = quota.windows[w]?.window as Period;
    const leg = asked.legs.findIndex(({ quotas }) => quotas.includes(quota));
    const q = asked.legs[leg]?.quotas.indexOf(quota) ?? -1;
    const find = (other: AskedRun): AskedWindow | undefined =>
      (other.legs[leg] ?? ownLeg(other)).quotas[q]?.windows.find(
        (one) => one.window.start.getTime() === window.start.getTime(),
      );
    const earlier = sum(beside.map((other) => earlierIn(other, find(other), answers)));
    const taken = sum(
      before.map((other) =>
        Rate.max(usedIn(other, find(other), answers).minus(earlierIn(other, find(other), answers)), ZERO),
      ),
    );
    return earlier.plus(taken);
  };
}

function earlierIn(asked: AskedRun, window: AskedWindow | undefined, answers: UsageAnswers): Rate {
  if (window === undefined) return ZERO;
  return asked.measure.kind === 'added'
    ? addedIn(asked, answers, { start: window.window.start, end: asked.run.span.start })
    : answers.value(window.earlier);
}

/** All of a window, to the end of the run. */
function usedIn(asked: AskedRun, window: AskedWindow | undefined, answers: UsageAnswers): Rate {
  if (window === undefined) return ZERO;
  switch (asked.measure.kind) {
    case 'added':
      return addedIn(asked, answers, window.window);
    case 'level':
      return answers.value(window.used);
    case 'weighed':
      return answers.value(window.earlier);
    case 'bucketed':
      return sum(
        asked.measure.stretches
          .flatMap((stretch) => answers.buckets(stretch))
          .filter(({ window: { start } }) => start >= window.window.start && start < window.window.end)
          .map(({ quantity }) => quantity),
      ).plus(answers.value(window.earlier));
  }
}

const sum = (values: readonly Rate[]): Rate => values.reduce((total, value) => total.plus(value), ZERO);

/** A bucket, or one group of it, with what was measured in each stretch of the run. */
interface Bucket {
  readonly start: Date;
  readonly group: string | null;
  readonly measured: Rate[];
}

/**
 * Every bucket, or every group within one, is priced on its own by the whole model: tiers and packages begin anew in each. A
 * bucket that corrections took below nothing costs nothing; it does not pay for another. One that a stretch's end cuts is
 * still one bucket.
 */
function costOfBuckets(
  asked: AskedRun,
  stretches: readonly number[],
  answers: UsageAnswers,
  spent: Spent,
): RunCost {
  const { run, query } = asked;
  const size = query.aggregation.bucketSize as WindowSize;
  const buckets = bucketsOf(stretches, answers);
  const isLevel = BUCKET_KINDS[query.aggregation.type] === 'level';
  const quantityOf = (bucket: Bucket): Rate =>
    billableQuantity(isLevel ? greatest(bucket.measured) : sum(bucket.measured));
  const free = freeOf(asked, buckets.map(quantityOf), buckets, answers, spent);
  const costs = buckets.map((bucket, index): readonly LineCost[] => {
    const own = free?.[index] ?? null;
    const given = own ?? ZERO;
    if (isLevel) {
      const billable = quantityOf(bucket).minus(given);
      const whole = bucketAt(size, bucket.start);
      const parts = run.stretches.flatMap((stretch) => {
        const period = common(stretch.period, whole);
        return period === undefined ? [] : [{ ...stretch, period }];
      });
      // The bucket in which a change of plan comes goes on under the other plan.
      const last = run.stretches.at(-1)?.period.end as Date;
      const rest = run.restMs > 0 && contains(whole, last) ? durationMs({ start: last, end: whole.end }) : 0;
      return costOfLevel(parts, { billable, free: own }, rest);
    }
    let cumulative = ZERO;
    return costOfAdded(
      run.stretches.map((stretch, n): MeasuredStretch => {
        cumulative = cumulative.plus(bucket.measured[n] ?? ZERO);
        const used = billableQuantity(cumulative);
        const taken = Rate.min(used, given);
        return { ...stretch, billable: used.minus(taken), free: own === null ? null : taken };
      }),
    );
  });
  const byStart = new Map<number, LineCost[]>();
  for (const [index, { start }] of buckets.entries())
    byStart.set(start.getTime(), [...(byStart.get(start.getTime()) ?? []), ...(costs[index] ?? [])]);
  return {
    measured: { kind: 'bucketed' },
    lines: addCosts(costs.flat()),
    buckets: [...byStart]
      .sort(([a], [b]) => a - b)
      .map(([start, lines]) => ({ window: bucketAt(size, new Date(start)), lines })),
  };
}

function bucketsOf(stretches: readonly number[], answers: UsageAnswers): Bucket[] {
  const found = new Map<string, Bucket>();
  for (const [n, stretch] of stretches.entries())
    for (const { start, group, measured } of answers.buckets(stretch)) {
      const key = JSON.stringify([start.getTime(), group]);
      const bucket = found.get(key) ?? { start, group, measured: [] };
      bucket.measured[n] = measured;
      found.set(key, bucket);
    }
  return [...found.values()].sort((a, b) => a.start.getTime() - b.start.getTime());
}

/** What is free is taken off the buckets in which it was used, the earliest first. Null where no quota says anything. */
function freeOf(
  asked: AskedRun,
  quantities: readonly Rate[],
  buckets: readonly Bucket[],
  answers: UsageAnswers,
  spent: Spent,
): Rate[] | null {
  const { quotas } = ownLeg(asked);
  if (quotas.length === 0) return null;
  const { span } = asked.run;
  const free = buckets.map(() => ZERO);
  for (const quota of quotas)
    for (const [w, one] of quota.windows.entries()) {
      const inside = buckets.flatMap(({ start }, index) => {
        const at = start < span.start ? span.start : start;
        return at >= one.window.start && at < one.window.end ? [index] : [];
      });
      const earlier = answers.value(one.earlier).plus(spent(quota, w));
      let left = applyQuotas([
        {
          quota: quota.quota,
          windows: [
            {
              used: sum(inside.map((index) => quantities[index] as Rate)).plus(earlier),
              ...earlierOf(earlier, one, span),
            },
          ],
        },
      ]).free;
      for (const index of inside) {
        const taken = Rate.min(left, (quantities[index] as Rate).minus(free[index] as Rate));
        free[index] = (free[index] as Rate).plus(taken);
        left = left.minus(taken);
      }
    }
  return free;
}

const greatest = (values: readonly (Rate | undefined)[]): Rate =>
  values.reduce<Rate | undefined>(
    (peak, value) => (value === undefined ? peak : peak === undefined ? value : Rate.max(peak, value)),
    undefined,
  ) ?? ZERO;

function common(a: Period, b: Period): Period | undefined {
  const start = a.start > b.start ? a.start : b.start;
  const end = a.end < b.end ? a.end : b.end;
  return start < end ? { start, end } : undefined;
}

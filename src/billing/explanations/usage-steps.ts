import type { Fraction } from '../../domain/fraction.js';
import { money, moneyToRate, type Money } from '../../domain/money.js';
import { durationMs, type Period } from '../../domain/period.js';
import { ZERO, type Rate } from '../../domain/rate.js';
import { priceSteps } from '../../domain/rating/price-steps.js';
import type { LineCost } from '../../domain/rating/stretches.js';
import type { ChargeOrigin, TrueUpOrigin, UsageOrigin } from '../../rating/line-origin.types.js';
import type { RatedLine } from '../../rating/rated-line.types.js';
import type { ExplainedQuantity, ExplainedStretch } from './explanation.types.js';
import type { StepLedger } from './step-ledger.js';

/** So many buckets are shown one by one, those that cost most; a month has thousands of them. */
const MOST_BUCKETS = 50;

/** The steps from the quantity of a usage line to what it was charged, before it is rounded. */
export function usageSteps(ledger: StepLedger, line: RatedLine, origin: ChargeOrigin): void {
  if (origin.usage !== undefined) pricedSteps(ledger, origin, origin.usage);
  ledger.to('moved_between_lines', origin.exact);
  const { ownCommitment, part } = origin;
  if (ownCommitment !== undefined) {
    const { amount, trueUp } = ownCommitment.outcome;
    ledger.to('commitment_overage', amount.minus(trueUp));
    ledger.to('commitment_true_up', amount);
  }
  // Where the commitment covers all of it, the amount is that of the usage and only rounded.
  if (part?.type === 'usage' && line.amount.plus(minorUnit(part.amount)).lessThanOrEqualTo(ledger.total))
    ledger.to('commitment_beyond', line.amount);
  if (part?.type === 'overage') {
    const beyond = moneyToRate(part.amount).dividedBy(part.overageFactor);
    ledger.to('commitment_within', beyond);
    ledger.to('commitment_overage', moneyToRate(part.amount));
  }
}

const minorUnit = ({ currency }: Money): Rate => moneyToRate(money(1n, currency));

/** What is missing of the commitment of a subscription. */
export function trueUpSteps(
  ledger: StepLedger,
  { committed, usedBefore, outcome, term }: TrueUpOrigin,
): void {
  ledger.add('committed', moneyToRate(committed), { period: term });
  if (usedBefore.amount !== 0n) ledger.add('commitment_used_before', moneyToRate(usedBefore).negated());
  ledger.add('commitment_used_now', moneyToRate(outcome.utilized).negated());
}

function pricedSteps(
  ledger: StepLedger,
  { charge }: ChargeOrigin,
  { asked, cost, countsPauses }: UsageOrigin,
): void {
  const key = charge.line.key;
  const { measured } = cost;
  if (countsPauses) ledger.note('pause_counts');
  switch (measured.kind) {
    case 'added': {
      let before: { billable: Rate; free: Rate | null } = { billable: ZERO, free: null };
      for (const stretch of measured.stretches) {
        const { period, terms, billable, free } = stretch;
        if (stretch.key === key) {
          const included = (free ?? ZERO).minus(before.free ?? ZERO);
          const details = { period, share: shareOf(period, charge.fullPeriod) };
          ledger.note('measured', { ...details, quantity: billable.minus(before.billable).plus(included) });
          if (!included.isZero()) ledger.note('included', { period, quantity: included });
          ledger.price(priceSteps(terms, before.billable, billable), { period });
        }
        before = { billable, free: free ?? before.free };
      }
      return;
    }
    case 'level': {
      const own = asked.run.stretches.filter((stretch) => stretch.key === key);
      const { billable, free } = measured;
      ledger.note('measured', { quantity: billable.plus(free ?? ZERO), period: asked.run.span });
      if (free !== null && !free.isZero()) ledger.note('included', { quantity: free });
      const [first] = own;
      if (first === undefined) return;
      ledger.price(priceSteps(first.terms, ZERO, billable));
      ledger.to('time_share', costOf(cost.lines, key)?.amount ?? ZERO, {
        share: {
          numerator: BigInt(own.reduce((sum, { period }) => sum + durationMs(period), 0)),
          denominator: BigInt(
            asked.run.stretches.reduce((sum, { period }) => sum + durationMs(period), asked.run.restMs),
          ),
        },
      });
      return;
    }
    case 'bucketed': {
      const whole = costOf(cost.lines, key);
      ledger.note('measured', { quantity: (whole?.quantity ?? ZERO).plus(whole?.free ?? ZERO) });
      if (whole?.free && !whole.free.isZero()) ledger.note('included', { quantity: whole.free });
      bucketSteps(ledger, key, cost);
      return;
    }
  }
}

function bucketSteps(ledger: StepLedger, key: string, { buckets }: UsageOrigin['cost']): void {
  const own = (buckets ?? []).flatMap(({ window, lines }) => {
    const groups = lines.filter((line) => line.key === key);
    if (groups.length === 0) return [];
    const of = (value: (cost: LineCost) => Rate): Rate =>
      groups.reduce((sum, group) => sum.plus(value(group)), ZERO);
    return [{ window, quantity: of((one) => one.quantity), amount: of((one) => one.amount) }];
  });
  const dearest = new Set([...own].sort((a, b) => b.amount.comparedTo(a.amount)).slice(0, MOST_BUCKETS));
  const rest = own.filter((bucket) => !dearest.has(bucket));
  for (const { window, quantity, amount } of own.filter((bucket) => dearest.has(bucket)))
    ledger.add('bucket', amount, { period: window, quantity });
  if (rest.length > 0)
    ledger.add(
      'other_buckets',
      rest.reduce((sum, { amount }) => sum.plus(amount), ZERO),
      { quantity: rest.reduce((sum, { quantity }) => sum.plus(quantity), ZERO) },
    );
}

const costOf = (lines: readonly LineCost[], key: string): LineCost | undefined =>
  lines.find((line) => line.key === key);

const shareOf = (part: Period, whole: Period): Fraction => ({
  numerator: BigInt(durationMs(part)),
  denominator: BigInt(durationMs(whole)),
});

/** Where the quantity comes from, and which events are behind it. */
export function quantityOf({ charge, usage }: ChargeOrigin): ExplainedQuantity | null {
  if (usage === undefined) return null;
  const { asked, cost } = usage;
  const { key } = charge.line;
  const { measured } = cost;
  const own = asked.run.stretches.filter((stretch) => stretch.key === key);
  const priced = costOf(cost.lines, key);
  const stretches = own.map(({ period, charge: { line } }): ExplainedStretch => ({
    period,
    share: shareOf(period, charge.fullPeriod),
    priceId: line.priceId,
    quantity: null,
  }));
  const parts = (measured.kind === 'level' ? asked.run.stretches : own).map(({ period }) => period);
  const events = {
    ...asked.query,
    window: { start: (parts[0] ?? asked.run.span).start, end: (parts.at(-1) ?? asked.run.span).end },
    ...(parts.length > 1 ? { parts } : {}),
  };
  const common = { meter: asked.run.meter, events };
  switch (measured.kind) {
    case 'level':
      return {
        ...common,
        stretches,
        measured: measured.billable.plus(measured.free ?? ZERO),
        included: measured.free ?? ZERO,
        billed: measured.billable,
      };
    case 'bucketed':
      return {
        ...common,
        stretches,
        measured: (priced?.quantity ?? ZERO).plus(priced?.free ?? ZERO),
        included: priced?.free ?? ZERO,
        billed: priced?.quantity ?? ZERO,
      };
    case 'added': {
      let before: { billable: Rate; free: Rate | null } = { billable: ZERO, free: null };
      const quantities = measured.stretches.flatMap((stretch) => {
        const billed = stretch.billable.minus(before.billable);
        const included = (stretch.free ?? ZERO).minus(before.free ?? ZERO);
        before = { billable: stretch.billable, free: stretch.free ?? before.free };
        return stretch.key === key ? [{ measured: billed.plus(included), included, billed }] : [];
      });
      const sum = (of: (one: (typeof quantities)[number]) => Rate): Rate =>
        quantities.reduce((total, one) => total.plus(of(one)), ZERO);
      return {
        ...common,
        stretches: stretches.map((stretch, index) => ({ ...stretch, quantity: quantities[index] ?? null })),
        measured: sum((one) => one.measured),
        included: sum((one) => one.included),
        billed: sum((one) => one.billed),
      };
    }
  }
}

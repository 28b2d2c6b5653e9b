import { without, type OpenPeriod, type Period } from '../domain/period.js';
import type { Stretch } from '../domain/rating/stretches.js';
import { pricingTermsOf, priceFilters, type MeteredPrice } from '../plans/plans.types.js';
import type { Subscription, SubscriptionLineItem } from '../subscriptions/subscriptions.types.js';

/** A usage line in one of its own periods. */
export interface MeteredCharge {
  readonly subscription: Subscription;
  readonly line: SubscriptionLineItem;
  readonly priced: MeteredPrice;
  /** The stretches in which it is charged for. */
  readonly served: readonly Period[];
  /** From where to where the line is there, pauses or not. */
  readonly present: Period;
  /** The period of the line, cut only where the subscription begins or ends. */
  readonly servicePeriod: Period;
  /** The whole period of its schedule: what a weighted sum weighs by. */
  readonly fullPeriod: Period;
  /** The first of the lines in whose place this one has come. */
  readonly root: string;
  /** The pauses of the subscription. */
  readonly pauses: readonly OpenPeriod[];
  /** Charges of different bills are told apart by it. */
  readonly bill: number;
}

export interface UsageStretch extends Stretch {
  readonly charge: MeteredCharge;
}

/**
 * What is measured once and priced once: the charges of one line, and of those that replaced it, in one period. Each is
 * there for a time of its own.
 */
export interface UsageRun {
  readonly charges: readonly MeteredCharge[];
  /** In the order of time. */
  readonly stretches: readonly UsageStretch[];
  /** From the first stretch's begin to the last one's end. */
  readonly span: Period;
  /** Time before and in the period in which nothing counts. */
  readonly pauses: readonly OpenPeriod[];
}

/** The runs that charges belong to, in the order of their first charges. */
export function usageRuns(charges: readonly MeteredCharge[]): UsageRun[] {
  const groups = new Map<string, MeteredCharge[]>();
  for (const charge of charges) {
    const key = runKey(charge);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [charge]);
    else group.push(charge);
  }
  return [...groups.values()].map((group) => runOf(group, ({ served }) => served, group[0]?.pauses ?? []));
}

/** The same run as if nothing had been paused; undefined where no pause is in it. */
export function unpausedRun(run: UsageRun): UsageRun | undefined {
  const same = run.charges.every(
    ({ served, present }) =>
      served.length === 1 &&
      served[0]?.start.getTime() === present.start.getTime() &&
      served[0].end.getTime() === present.end.getTime(),
  );
  return same ? undefined : runOf(run.charges, ({ present }) => [present], []);
}

function runOf(
  charges: readonly MeteredCharge[],
  partsOf: (charge: MeteredCharge) => readonly Period[],
  pauses: readonly OpenPeriod[],
): UsageRun {
  const stretches = charges
    .flatMap((charge) =>
      partsOf(charge).map((period): UsageStretch => ({
        key: charge.line.id,
        terms: pricingTermsOf(charge.priced.price),
        period,
        charge,
      })),
    )
    .sort((a, b) => a.period.start.getTime() - b.period.start.getTime());
  const [first, last] = [stretches[0] as UsageStretch, stretches.at(-1) as UsageStretch];
  return { charges, stretches, span: { start: first.period.start, end: last.period.end }, pauses };
}

const runKey = ({ bill, subscription, root, priced, servicePeriod }: MeteredCharge): string =>
  JSON.stringify([
    bill,
    subscription.id,
    root,
    priced.meter?.id ?? '',
    priceFilters(priced.price),
    servicePeriod.start.getTime(),
    servicePeriod.end.getTime(),
  ]);

/** Runs that share what is free of one feature: those of one bill, meter and period. */
export const sharedKey = ({ charges }: UsageRun): string => {
  const { bill, subscription, priced, servicePeriod } = charges[0] as MeteredCharge;
  return JSON.stringify([
    bill,
    subscription.id,
    priced.meter?.id ?? '',
    servicePeriod.start.getTime(),
    servicePeriod.end.getTime(),
  ]);
};

/** What of a window counts: stretches of the run, and before it all time without pauses. */
export function countedParts({ stretches, span, pauses }: UsageRun, window: Period): Period[] {
  const parts: Period[] = [];
  if (window.start < span.start)
    parts.push(
      ...without({ start: window.start, end: window.end < span.start ? window.end : span.start }, pauses),
    );
  for (const { period } of stretches) {
    const start = period.start > window.start ? period.start : window.start;
    const end = period.end < window.end ? period.end : window.end;
    if (start < end) parts.push({ start, end });
  }
  return parts;
}

/** The first of the lines in whose place each line has come. */
export function rootsOf(lines: readonly SubscriptionLineItem[]): (line: SubscriptionLineItem) => string {
  const byId = new Map(lines.map((line) => [line.id, line]));
  const rootOf = (line: SubscriptionLineItem): string => {
    const before = line.replacesId === null ? undefined : byId.get(line.replacesId);
    return before === undefined ? line.id : rootOf(before);
  };
  return rootOf;
}

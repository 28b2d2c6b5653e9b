import { durationMs, without, type OpenPeriod, type Period } from '../domain/period.js';
import type { Stretch } from '../domain/rating/stretches.js';
import { MEASURE_KINDS } from '../domain/usage/aggregation.js';
import type { Meter } from '../features/features.types.js';
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
  /** What a change of plan has cut off from this, in the order of time: its bills are others. */
  readonly related?: RelatedCharges | undefined;
}

export interface RelatedCharges {
  readonly before: readonly MeteredCharge[];
  readonly after: readonly MeteredCharge[];
  /**
   * The subscription's end cut the period, and another subscription goes on with the line: to the end that the period
   * always had, or in a period of its own. Null where no other does.
   */
  readonly goesOn: 'same_end' | 'own_period' | null;
}

export interface UsageStretch extends Stretch {
  readonly charge: MeteredCharge;
}

/** The stretches of one subscription in a run: what is free of them is what its entitlements say. */
export interface RunLeg {
  readonly subscription: Subscription;
  readonly stretches: readonly UsageStretch[];
  /** Billed by the bill that asks; other legs are on bills of their own. */
  readonly isOwn: boolean;
}

/**
 * What is measured once and priced once: the charges of one line, and of those that replaced it, in one period. Each is
 * there for a time of its own. A change of plan cuts a run: its legs are billed apart and priced together.
 */
export interface UsageRun {
  /** Of the bill that asks. */
  readonly charges: readonly MeteredCharge[];
  readonly meter: Meter;
  readonly legs: readonly RunLeg[];
  /** Of all legs, in the order of time. */
  readonly stretches: readonly UsageStretch[];
  /** From the first stretch's begin to the last one's end, of all legs and of the bill's own. */
  readonly span: Period;
  readonly ownSpan: Period;
  /** Milliseconds of the period that are still to come and will be charged by the subscription that goes on. */
  readonly restMs: number;
  /** The subscription that goes on charges for what comes after the bill's own stretches. */
  readonly goesOn: boolean;
  /** Time before and in the period in which nothing counts. */
  readonly pauses: readonly OpenPeriod[];
}

/** Whether only the whole has a quantity, and the parts none that could be added up. */
export const isLevelMeter = ({ aggregation, resetUsage }: Meter): boolean => {
  const kind = MEASURE_KINDS[aggregation.type];
  // What never resets is there at the end of the period, whatever was added to it in which part.
  return kind === 'level' || (kind === 'added' && resetUsage === 'NEVER');
};

/** The runs that charges of metered prices belong to, in the order of their first charges. */
export function usageRuns(charges: readonly MeteredCharge[]): UsageRun[] {
  const groups = new Map<string, MeteredCharge[]>();
  for (const charge of charges) {
    const key = runKey(charge);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [charge]);
    else group.push(charge);
  }
  return [...groups.values()].map((group) => runOf(group, ({ served }) => served, false));
}

/** The same run as if nothing had been paused; undefined where no pause is in it. */
export function unpausedRun(run: UsageRun): UsageRun | undefined {
  const same = run.charges.every(
    ({ served, present }) =>
      served.length === 1 &&
      served[0]?.start.getTime() === present.start.getTime() &&
      served[0].end.getTime() === present.end.getTime(),
  );
  return same ? undefined : runOf(run.charges, ({ present }) => [present], true);
}

function runOf(
  charges: readonly MeteredCharge[],
  partsOf: (charge: MeteredCharge) => readonly Period[],
  isUnpaused: boolean,
): UsageRun {
  const [first] = charges as [MeteredCharge];
  const meter = first.priced.meter as Meter;
  const related = charges.find((charge) => charge.related !== undefined)?.related;
  const isLevel = isLevelMeter(meter) && meter.aggregation.bucketSize === null;
  // A level is that of one period: what another calendar has cut off was one of its own.
  const samePeriod = ({ fullPeriod }: MeteredCharge): boolean =>
    !isLevel || fullPeriod.end.getTime() === first.fullPeriod.end.getTime();
  const legs = [
    ...legsOf(related?.before.filter(samePeriod) ?? [], partsOf, false),
    ...legsOf(charges, partsOf, true),
    ...legsOf(related?.after.filter(samePeriod) ?? [], partsOf, false),
  ];
  const stretches = legs.flatMap((leg) => leg.stretches);
  const own = legs.filter(({ isOwn }) => isOwn).flatMap((leg) => leg.stretches);
  const span = spanOf(stretches);
  const rest = durationOf(span.end, first.fullPeriod.end);
  return {
    charges,
    meter,
    legs,
    stretches,
    span,
    ownSpan: spanOf(own),
    restMs: (related?.goesOn ?? null) === null ? 0 : rest,
    goesOn: (related?.goesOn ?? null) !== null,
    pauses: isUnpaused ? [] : first.pauses,
  };
}

/** One leg for each subscription, in the order of time. */
function legsOf(
  charges: readonly MeteredCharge[],
  partsOf: (charge: MeteredCharge) => readonly Period[],
  isOwn: boolean,
): RunLeg[] {
  const legs = new Map<string, { subscription: Subscription; stretches: UsageStretch[] }>();
  for (const charge of charges) {
    const { subscription } = charge;
    const leg = legs.get(subscription.id) ?? { subscription, stretches: [] };
    legs.set(subscription.id, leg);
    for (const period of partsOf(charge))
      leg.stretches.push({ key: charge.line.id, terms: pricingTermsOf(charge.priced.price), period, charge });
  }
  return [...legs.values()]
    .map(({ subscription, stretches }) => ({ subscription, isOwn, stretches: inOrder(stretches) }))
    .sort((a, b) => spanOf(a.stretches).start.getTime() - spanOf(b.stretches).start.getTime());
}

const inOrder = (stretches: readonly UsageStretch[]): UsageStretch[] =>
  [...stretches].sort((a, b) => a.period.start.getTime() - b.period.start.getTime());

function spanOf(stretches: readonly UsageStretch[]): Period {
  const [first, last] = [stretches[0] as UsageStretch, stretches.at(-1) as UsageStretch];
  return { start: first.period.start, end: last.period.end };
}

const durationOf = (start: Date, end: Date): number => (start < end ? durationMs({ start, end }) : 0);

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

/** The first of the lines in whose place each line has come, by a change of the line or of the plan. */
export function rootsOf(lines: readonly SubscriptionLineItem[]): (line: SubscriptionLineItem) => string {
  const byId = new Map(lines.map((line) => [line.id, line]));
  const rootOf = (line: SubscriptionLineItem): string => {
    const before = byId.get(line.replacesId ?? line.continuesId ?? '');
    return before === undefined ? line.id : rootOf(before);
  };
  return rootOf;
}

/**
 * The lines with each at the place of the one that it replaces. On a bill the order tells which usage a commitment covers: a
 * change of one line must not change what is asked for another.
 */
export function inLineage(lines: readonly SubscriptionLineItem[]): SubscriptionLineItem[] {
  const rootOf = rootsOf(lines);
  const places = new Map(lines.map(({ id }, index) => [id, index]));
  const placeOf = (line: SubscriptionLineItem): number => places.get(rootOf(line)) as number;
  return [...lines].sort((a, b) => placeOf(a) - placeOf(b) || a.startDate.getTime() - b.startDate.getTime());
}

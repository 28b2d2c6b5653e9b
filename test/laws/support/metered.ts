import fc from 'fast-check';
import type { AggregationType } from '../../../src/domain/usage/aggregation.js';

/** Where all histories begin. January has 31 days. */
export const START = Date.parse('2031-01-01T00:00:00Z');
export const DAY = 86_400_000;

/** An instant as text: what a failure shows is to be read by people. */
export const at = (day: number, ms = 0): string => new Date(START + day * DAY + ms).toISOString();

/** How events become one number: everything that a meter can be. */
export const AGGREGATIONS = {
  COUNT: { type: 'COUNT' },
  SUM: { type: 'SUM', field: 'v' },
  SUM_WITH_MULTIPLIER: { type: 'SUM_WITH_MULTIPLIER', field: 'v', multiplier: '0.25' },
  MAX: { type: 'MAX', field: 'v' },
  LATEST: { type: 'LATEST', field: 'v' },
  AVG: { type: 'AVG', field: 'v' },
  COUNT_UNIQUE: { type: 'COUNT_UNIQUE', field: 'v' },
  WEIGHTED_SUM: { type: 'WEIGHTED_SUM', field: 'v' },
  SUM_BY_DAY: { type: 'SUM', field: 'v', bucket_size: 'DAY' },
  SUM_BY_DAY_AND_GROUP: { type: 'SUM', field: 'v', bucket_size: 'DAY', group_by: 'g' },
  MAX_BY_DAY: { type: 'MAX', field: 'v', bucket_size: 'DAY' },
  SUM_KEPT: { type: 'SUM', field: 'v' },
  WEIGHTED_SUM_KEPT: { type: 'WEIGHTED_SUM', field: 'v' },
} as const satisfies Record<AggregationType, object> & Record<string, object>;
export type Aggregation = keyof typeof AGGREGATIONS;
const BUCKETED: readonly Aggregation[] = ['SUM_BY_DAY', 'SUM_BY_DAY_AND_GROUP', 'MAX_BY_DAY'];
/** Of meters that never reset. */
export const KEPT: readonly Aggregation[] = ['SUM_KEPT', 'WEIGHTED_SUM_KEPT'];

/** As on the wire. */
export interface Terms {
  readonly billing_model: 'FLAT_FEE' | 'PACKAGE' | 'TIERED';
  readonly amount?: string;
  readonly transform_quantity?: { readonly divide_by: number; readonly round: 'up' | 'down' };
  readonly tier_mode?: 'SLAB' | 'VOLUME';
  readonly tiers?: readonly {
    readonly up_to: number | null;
    readonly unit_amount: string;
    readonly flat_amount: string;
  }[];
}

export interface Usage {
  readonly at: string;
  readonly v: number;
  readonly g: string;
}

/** As on the wire, for one line of a plan. */
export interface LineCommitment {
  readonly commitment_amount?: string;
  readonly commitment_quantity?: string;
  readonly commitment_type: 'amount' | 'quantity';
  readonly commitment_overage_factor: string;
  readonly commitment_true_up_enabled: boolean;
  readonly commitment_windowed?: boolean;
  readonly commitment_duration?: 'QUARTERLY';
}

/** As on the wire, for a whole subscription. */
export interface Commitment {
  readonly commitment_amount: string;
  readonly overage_factor: string;
  readonly enable_true_up: boolean;
  readonly commitment_duration?: 'QUARTERLY';
}

export interface Included {
  readonly limit: number | null;
  readonly reset: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'NEVER';
}

export interface MeteredLine {
  readonly aggregation: Aggregation;
  readonly price: Terms;
  readonly commitment: LineCommitment | null;
  readonly included: Included | null;
  readonly usage: readonly Usage[];
}

/** A day of the history at midnight, a few hours into it, or a millisecond beside midnight. */
export const instants = (first: number, last: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.integer({ min: first, max: last }),
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(0) },
        { weight: 2, arbitrary: fc.integer({ min: 1, max: 23 }).map((hour) => hour * 3_600_000) },
        { weight: 1, arbitrary: fc.constantFrom(1, -1) },
        { weight: 1, arbitrary: fc.nat(DAY - 1) },
      ),
    )
    .map(([day, ms]) => at(day, day === 0 ? Math.max(ms, 0) : ms));

const text = (minor: number, places: number): string => {
  const digits = String(minor).padStart(places + 1, '0');
  const cut = digits.length - places;
  return `${digits.slice(0, cut)}.${digits.slice(cut)}`.replace(/\.?0+$/, '');
};

/** Major units: whole, with cents, or finer than the currency has. */
export const amounts = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map(String),
  fc.integer({ min: 1, max: 5_000 }).map((minor) => text(minor, 2)),
  fc.integer({ min: 1, max: 30_000 }).map((minor) => text(minor, 4)),
);

const tiers = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(1, 2, 5, 10, 25, 60), { minLength: 1, maxLength: 3 }),
    fc.array(
      fc.tuple(
        amounts,
        fc.oneof({ weight: 2, arbitrary: fc.constant('0') }, { weight: 1, arbitrary: amounts }),
      ),
      { minLength: 4, maxLength: 4 },
    ),
  )
  .map(([bounds, given]) =>
    [...bounds.sort((a, b) => a - b), null].map((up_to, index) => {
      const [unit_amount, flat_amount] = given[index]!;
      return { up_to, unit_amount, flat_amount };
    }),
  );

export const terms: fc.Arbitrary<Terms> = fc.oneof(
  amounts.map((amount): Terms => ({ billing_model: 'FLAT_FEE', amount })),
  fc
    .tuple(amounts, fc.constantFrom(2, 7, 10), fc.constantFrom('up' as const, 'down' as const))
    .map(([amount, divide_by, round]): Terms => ({
      billing_model: 'PACKAGE',
      amount,
      transform_quantity: { divide_by, round },
    })),
  fc
    .tuple(fc.constantFrom('SLAB' as const, 'VOLUME' as const), tiers)
    .map(([tier_mode, all]): Terms => ({ billing_model: 'TIERED', tier_mode, tiers: all })),
);

const factors = fc.constantFrom('1', '1.5', '2');

const lineCommitment = (aggregation: Aggregation): fc.Arbitrary<LineCommitment> =>
  fc
    .record({
      value: fc.integer({ min: 1, max: 300 }),
      type: fc.constantFrom('amount' as const, 'quantity' as const),
      factor: factors,
      trueUp: fc.boolean(),
      special: fc.constantFrom('none', 'none', 'term', 'windowed'),
    })
    .map(({ value, type, factor, trueUp, special }) => ({
      ...(type === 'amount'
        ? { commitment_amount: String(value) }
        : { commitment_quantity: String(Math.ceil(value / 10)) }),
      commitment_type: type,
      commitment_overage_factor: factor,
      commitment_true_up_enabled: trueUp,
      ...(special === 'windowed' && BUCKETED.includes(aggregation) ? { commitment_windowed: true } : {}),
      ...(special === 'term' ? { commitment_duration: 'QUARTERLY' as const } : {}),
    }));

export const commitments: fc.Arbitrary<Commitment | null> = fc.option(
  fc
    .record({
      amount: fc.integer({ min: 1, max: 600 }),
      factor: factors,
      trueUp: fc.boolean(),
      term: fc.boolean(),
    })
    .map(({ amount, factor, trueUp, term }): Commitment => ({
      commitment_amount: String(amount),
      overage_factor: factor,
      enable_true_up: trueUp,
      ...(term ? { commitment_duration: 'QUARTERLY' } : {}),
    })),
  { nil: null, freq: 2 },
);

const included: fc.Arbitrary<Included> = fc.record({
  limit: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(0, 1, 5, 20) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  reset: fc.constantFrom('DAILY' as const, 'WEEKLY' as const, 'MONTHLY' as const, 'NEVER' as const),
});

export interface LineChoice {
  readonly aggregations?: readonly Aggregation[];
  /** The days in which something is used. */
  readonly days: readonly [number, number];
  /** Usage may be taken back. */
  readonly corrections?: boolean;
}

export const meteredLines = (choice: LineChoice): fc.Arbitrary<MeteredLine> =>
  fc
    .constantFrom(...(choice.aggregations ?? (Object.keys(AGGREGATIONS) as Aggregation[])))
    .chain((aggregation) => {
      const lowest = choice.corrections === true && aggregation !== 'COUNT_UNIQUE' ? -8 : 0;
      return fc.record({
        aggregation: fc.constant(aggregation),
        price: terms,
        commitment: fc.option(lineCommitment(aggregation), { nil: null, freq: 2 }),
        included: fc.option(included, { nil: null, freq: 2 }),
        usage: fc.array(
          fc.record({
            at: instants(...choice.days),
            v: fc.oneof(
              { weight: 1, arbitrary: fc.constant(1) },
              { weight: 3, arbitrary: fc.integer({ min: lowest, max: 30 }) },
            ),
            g: fc.constantFrom('a', 'b'),
          }),
          { maxLength: 6 },
        ),
      });
    });

/** A fixed fee of a plan. */
export interface Fee {
  readonly amount: string;
  readonly invoice_cadence: 'ADVANCE' | 'ARREAR';
}

export const fees: fc.Arbitrary<Fee> = fc.record({
  amount: amounts,
  invoice_cadence: fc.constantFrom('ADVANCE' as const, 'ARREAR' as const),
});

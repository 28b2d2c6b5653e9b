import type { MeteredPrice, Plan } from '../../plans/plans.types.js';
import type { RemotePlan } from '../../providers/provider-catalogue.js';

/** What a plan and its remote one have in common. */
export interface PlanBaseline {
  readonly name: string;
  readonly description: string;
  readonly active: boolean;
  /** By our ids: whether it is still offered, and what it is called. */
  readonly prices: Readonly<Record<string, CommonPrice>>;
}

export interface CommonPrice {
  readonly active: boolean;
  readonly name: string | null;
}

export const isOpen = ({ price }: MeteredPrice, now: Date): boolean =>
  price.status === 'published' && (price.endDate === null || price.endDate > now);

/**
 * Our side. Fixed prices are what a provider can be told of; a metered one is in it only where it has come from there,
 * and one that has ended only where the provider knows it.
 */
export const localBaseline = (
  plan: Plan,
  prices: readonly MeteredPrice[],
  mapped: ReadonlyMap<string, unknown>,
  now: Date,
): PlanBaseline => ({
  name: plan.name,
  description: plan.description ?? '',
  active: plan.status === 'published',
  prices: Object.fromEntries(
    prices
      .filter(
        (priced) => mapped.has(priced.price.id) || (priced.price.type === 'FIXED' && isOpen(priced, now)),
      )
      .map((priced): [string, CommonPrice] => [
        priced.price.id,
        { active: isOpen(priced, now), name: priced.price.displayName },
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
});

/** The provider's side; `ids`: ours by the remote ids of prices. */
export const remoteBaseline = (remote: RemotePlan, ids: ReadonlyMap<string, string>): PlanBaseline => ({
  name: remote.name,
  description: remote.description ?? '',
  active: remote.active,
  prices: Object.fromEntries(
    remote.prices
      .flatMap((price): [string, CommonPrice][] => {
        const id = ids.get(price.remoteId);
        return id === undefined ? [] : [[id, { active: price.active, name: price.name ?? null }]];
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
});

/** A name that only one side has says nothing; whoever has none shows another in its place. */
export const samePlan = (a: PlanBaseline, b: PlanBaseline): boolean =>
  a.name === b.name &&
  a.description === b.description &&
  a.active === b.active &&
  JSON.stringify(Object.entries(a.prices).map(([id, { active }]) => [id, active])) ===
    JSON.stringify(Object.entries(b.prices).map(([id, { active }]) => [id, active]));

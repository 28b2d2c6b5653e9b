import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { findRows } from '../platform/database/rows.js';
import { SubscriptionEntity } from './subscription.entity.js';
import type { Subscription } from './subscriptions.types.js';

/** Subscriptions that changes of plan have made one of another. */
export interface SubscriptionChains {
  /** All that belong to one contract, the first one first; the subscription alone where no plan was ever changed. */
  of(subscriptionId: string): readonly Subscription[];
}

/** What became of what by changes of plan: usage, commitments and late events go over from one to the next. */
@Injectable()
export class SubscriptionChainsService {
  /** No statement where none of them has a predecessor or a successor. */
  async of(ctx: Ctx, subscriptions: readonly Subscription[]): Promise<SubscriptionChains> {
    const known = new Map(subscriptions.map((one) => [one.id, one]));
    const linked = subscriptions.filter(
      ({ continuesId, continuedById }) =>
        (continuesId !== null && !known.has(continuesId)) ||
        (continuedById !== null && !known.has(continuedById)),
    );
    for (const row of await this.linked(
      ctx,
      linked.map(({ id }) => id),
    ))
      if (!known.has(row.id)) known.set(row.id, row);
    return { of: (id) => chainOf(known, id) };
  }

  private async linked(ctx: Ctx, ids: readonly string[]): Promise<Subscription[]> {
    if (ids.length === 0) return [];
    const rows = await ctx.em.query<{ id: string }[]>(
      `WITH RECURSIVE before AS (
         SELECT id, continues_id FROM subscriptions WHERE id = ANY ($1)
         UNION SELECT s.id, s.continues_id FROM subscriptions s JOIN before b ON s.id = b.continues_id),
       after AS (
         SELECT id, continued_by_id FROM subscriptions WHERE id = ANY ($1)
         UNION SELECT s.id, s.continued_by_id FROM subscriptions s JOIN after a ON s.id = a.continued_by_id)
       SELECT id FROM before UNION SELECT id FROM after`,
      [ids],
    );
    return findRows(ctx.em, SubscriptionEntity, { id: rows.map(({ id }) => id) });
  }
}

function chainOf(known: ReadonlyMap<string, Subscription>, id: string): Subscription[] {
  const one = known.get(id);
  if (one === undefined) return [];
  const chain = [one];
  for (let before = one.continuesId; before !== null;) {
    const found = known.get(before);
    if (found === undefined) break;
    chain.unshift(found);
    before = found.continuesId;
  }
  for (let after = one.continuedById; after !== null;) {
    const found = known.get(after);
    if (found === undefined) break;
    chain.push(found);
    after = found.continuedById;
  }
  return chain;
}

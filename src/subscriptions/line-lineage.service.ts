import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';

/** A line, and those in whose place it came, latest first. */
export type Lineage = (lineId: string) => string[];

/** What came in place of what: a change of a line ends it and begins another one, to which the same coupons belong. */
@Injectable()
export class LineLineage {
  async of(ctx: Ctx, subscriptionIds: readonly string[]): Promise<Lineage> {
    const rows = await ctx.em.query<{ id: string; replaces_id: string }[]>(
      `SELECT id, replaces_id FROM subscription_line_items
        WHERE subscription_id = ANY ($1) AND status = 'published' AND replaces_id IS NOT NULL`,
      [subscriptionIds],
    );
    const replaced = new Map(rows.map((row) => [row.id, row.replaces_id]));
    const lineage: Lineage = (id) => {
      const before = replaced.get(id);
      return before === undefined ? [id] : [id, ...lineage(before)];
    };
    return lineage;
  }
}

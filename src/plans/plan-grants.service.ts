import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';

/** A plan's credit grants as the wire shows them, by plan. */
export type PlanGrantsSource = (
  ctx: Ctx,
  planIds: readonly string[],
) => Promise<ReadonlyMap<string, readonly object[]>>;

/** Credit grants stand right of plans, which show them all the same: whoever keeps them says here how they are got. */
@Injectable()
export class PlanGrants {
  private source: PlanGrantsSource | undefined;

  provide(source: PlanGrantsSource): void {
    this.source = source;
  }

  async of(ctx: Ctx, planIds: readonly string[]): Promise<ReadonlyMap<string, Record<string, unknown>[]>> {
    const found = (await this.source?.(ctx, planIds)) ?? new Map<string, readonly object[]>();
    return new Map(planIds.map((id) => [id, (found.get(id) ?? []).map((one) => ({ ...one }))]));
  }
}

import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';

export type GrantingKind = 'PLAN' | 'ADDON';

/** The credit grants of plans or of addons as the wire shows them, by plan or addon. */
export type CatalogueGrantsSource = (
  ctx: Ctx,
  kind: GrantingKind,
  ids: readonly string[],
) => Promise<ReadonlyMap<string, readonly object[]>>;

/**
 * Credit grants stand right of plans and addons, which show them all the same: whoever keeps them says here how they are
 * got.
 */
@Injectable()
export class CatalogueGrants {
  private source: CatalogueGrantsSource | undefined;

  provide(source: CatalogueGrantsSource): void {
    this.source = source;
  }

  async of(
    ctx: Ctx,
    kind: GrantingKind,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Record<string, unknown>[]>> {
    const found = (await this.source?.(ctx, kind, ids)) ?? new Map<string, readonly object[]>();
    return new Map(ids.map((id) => [id, (found.get(id) ?? []).map((one) => ({ ...one }))]));
  }
}

import { Injectable } from '@nestjs/common';
import { laterOf } from '../domain/period.js';
import { nextGrantDate } from '../domain/wallets/grant-schedule.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { insertRow, updateRow } from '../platform/database/rows.js';
import { CreditGrantApplicationEntity } from './credit-grant-application.entity.js';
import { CreditGrantEntity } from './credit-grant.entity.js';
import { CreditGrantsService } from './credit-grants.service.js';
import { anchorOf, termsOf, type CreditGrant, type GrantSubject } from './credit-grants.types.js';
import { GrantApplications } from './grant-applications.service.js';

/**
 * Grants that a subscription has of its own go on with the one that takes its place; those of its plan end with it, those of
 * addons go where the addons go.
 */
@Injectable()
export class GrantTransfer {
  constructor(
    private readonly grants: CreditGrantsService,
    private readonly applications: GrantApplications,
  ) {}

  /**
   * What is still to come is given on the days on which it would have come: the last period was given for already, and the
   * billing periods of the new subscription may turn on other days. Nothing is given by this. `addons` says which association
   * of the new subscription stands for which one of the old.
   */
  async transfer(
    ctx: Ctx,
    from: GrantSubject,
    to: GrantSubject,
    addons: ReadonlyMap<string, string>,
  ): Promise<void> {
    const own = (await this.grants.ofSubscriptions(ctx, [from.id])).filter(
      ({ sourceGrantId, addonAssociationId }) =>
        addonAssociationId === null ? sourceGrantId === null : addons.has(addonAssociationId),
    );
    for (const grant of own) {
      // An end of the old subscription is no end of what goes on.
      const next = nextGrantDate(termsOf(grant), { ...from, endDate: null }, await this.lastOf(ctx, grant));
      await this.applications.cancelAfterEnd(ctx, { ...grant, endDate: ctx.now });
      if (next === undefined) continue;
      const copy = await insertRow(ctx.em, CreditGrantEntity, {
        ...grant,
        ...auditColumnsForInsert(ctx, 'creditGrant'),
        planId: grant.planId === null ? null : to.planId,
        subscriptionId: to.id,
        addonAssociationId: grant.addonAssociationId && (addons.get(grant.addonAssociationId) ?? null),
        startDate: next.start,
        anchor: anchorOf(grant, from),
        metadata: { ...grant.metadata },
      });
      await this.applications.begin(ctx, copy, to);
    }
  }

  /** A draft starts on another day than it was planned for: what waits for it is given on the days of its new calendar. */
  async moveStart(ctx: Ctx, planned: GrantSubject, begun: GrantSubject): Promise<void> {
    const moved = (date: Date | null): Date | null => {
      if (date === null) return null;
      return date > planned.startDate ? laterOf(date, begun.startDate) : begun.startDate;
    };
    for (const grant of await this.grants.ofSubscriptions(ctx, [planned.id])) {
      const change = { startDate: moved(grant.startDate), anchor: moved(grant.anchor) };
      await updateRow(ctx.em, CreditGrantEntity, grant.id, { ...auditColumnsForUpdate(ctx), ...change });
      // A draft has been given nothing: what there is of the grant is its first application.
      await ctx.em.delete(CreditGrantApplicationEntity, {
        creditGrantId: grant.id,
        applicationStatus: 'pending',
      });
      await this.applications.begin(ctx, { ...grant, ...change }, begun);
    }
  }

  /** The last period that was given for, or passed over in a pause. */
  private async lastOf(ctx: Ctx, { id }: CreditGrant): Promise<Date | null> {
    const row = await ctx.em
      .createQueryBuilder(CreditGrantApplicationEntity, 'row')
      .select('max(row.periodStart)', 'last')
      .where(`row.creditGrantId = :id AND row.applicationStatus IN ('applied', 'skipped')`, { id })
      .getRawOne<{ last: Date | null }>();
    return row?.last ?? null;
  }
}

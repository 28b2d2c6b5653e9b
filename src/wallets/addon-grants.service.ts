import { Injectable } from '@nestjs/common';
import { laterOf } from '../domain/period.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { insertUnlessThere, updateRow } from '../platform/database/rows.js';
import { CreditGrantEntity } from './credit-grant.entity.js';
import { CreditGrantsService } from './credit-grants.service.js';
import type { GrantSubject } from './credit-grants.types.js';
import { GrantApplications } from './grant-applications.service.js';

/** The one time that a subscription has an addon. */
export interface GrantingAddon {
  readonly id: string;
  readonly addonId: string;
  readonly startDate: Date;
}

/** An addon's grants are a subscription's for as long as it has the addon. */
@Injectable()
export class AddonGrants {
  constructor(
    private readonly grants: CreditGrantsService,
    private readonly applications: GrantApplications,
  ) {}

  /**
   * A subscription that gets an addon takes its grants over, as they are now. Their periods are counted from the start of the
   * addon, whatever the billing periods are. `applyDueGrants` gives what is due.
   */
  async copy(ctx: Ctx, subject: GrantSubject, association: GrantingAddon): Promise<void> {
    for (const template of await this.grants.templatesOf(ctx, 'ADDON', [association.addonId])) {
      const begins = laterOf(association.startDate, subject.startDate);
      const startDate = template.startDate === null ? begins : laterOf(template.startDate, begins);
      const copy: CreditGrantEntity = {
        ...template,
        ...auditColumnsForInsert(ctx, 'creditGrant'),
        scope: 'SUBSCRIPTION',
        subscriptionId: subject.id,
        addonAssociationId: association.id,
        sourceGrantId: template.id,
        startDate,
        anchor: template.period === null ? null : startDate,
        metadata: { ...template.metadata },
      };
      if (await insertUnlessThere(ctx.em, CreditGrantEntity, copy))
        await this.applications.begin(ctx, copy, subject);
    }
  }

  /**
   * The addon is gone, now. What fell due before is given, as the clock may not have come to it yet; nothing more is, and what
   * was given stays.
   */
  async end(ctx: Ctx, subject: GrantSubject, associationId: string): Promise<void> {
    // Locked before their applications, as by whoever deletes one: the other way round two could wait for each other.
    const copies = await ctx.em.find(CreditGrantEntity, {
      where: { addonAssociationId: associationId, status: 'published' },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    if (copies.length === 0) return;
    await this.applications.applyDueGrants(ctx, [subject], ctx.now);
    for (const copy of copies) {
      const change = { ...auditColumnsForUpdate(ctx), endDate: ctx.now, status: 'deleted' as const };
      await updateRow(ctx.em, CreditGrantEntity, copy.id, change);
      await this.applications.cancelAfterEnd(ctx, { ...copy, ...change });
    }
  }
}

import { Injectable } from '@nestjs/common';
import { Rate, ZERO } from '../domain/rate.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import { insertUnlessThere } from '../platform/database/rows.js';
import { CreditGrantApplicationEntity } from './credit-grant-application.entity.js';
import { CreditGrantEntity } from './credit-grant.entity.js';
import {
  anchorOf,
  type CreditGrant,
  type CreditGrantApplication,
  type GrantSubject,
} from './credit-grants.types.js';

/** What plans before a change have given of a grant already. */
export interface GivenBefore {
  readonly credits: Rate;
  /** Of a recurring grant: where the period ends for which it was given. */
  readonly periodEnd: Date | null;
}

export const NOTHING_GIVEN: GivenBefore = { credits: ZERO, periodEnd: null };

/** A plan's grant as a subscription has got it just now. */
export interface CopiedGrant {
  readonly copy: CreditGrant;
  readonly subject: GrantSubject;
  readonly given: GivenBefore;
}

/** One time that an earlier plan has given something. */
interface Earlier {
  readonly grant: CreditGrant;
  readonly application: CreditGrantApplication;
}

/** The grants of plans, as those who subscribe get them. */
@Injectable()
export class PlanGrants {
  /**
   * A subscription that starts takes its plan's grants over, as they are at that moment. What was given is given once: of a
   * change of plan a grant of the period under way is topped up to the new amount, and the next one comes on the day on which
   * it would have come.
   */
  async copy(ctx: Ctx, subjects: readonly GrantSubject[]): Promise<CopiedGrant[]> {
    const templates = await ctx.em
      .createQueryBuilder(CreditGrantEntity, 'row')
      .where(`row.scope = 'PLAN' AND row.status = 'published'`)
      .andWhere('row.planId = ANY(:plans)', { plans: [...new Set(subjects.map(({ planId }) => planId))] })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    if (templates.length === 0) return [];
    const copied = await this.copiesOf(ctx, subjects);
    const made: CopiedGrant[] = [];
    for (const subject of subjects) {
      const own = templates.filter(
        (template) =>
          template.planId === subject.planId &&
          template.createdAt <= subject.createdAt &&
          !copied.has(`${subject.id}/${template.id}`),
      );
      if (own.length === 0) continue;
      const pool = new GivenPool(await this.earlier(ctx, subject), subject);
      for (const template of own) {
        const given = pool.take(template);
        const copy: CreditGrantEntity = {
          ...template,
          ...auditColumnsForInsert(ctx, 'creditGrant'),
          scope: 'SUBSCRIPTION',
          subscriptionId: subject.id,
          sourceGrantId: template.id,
          anchor: pool.anchorOf(template) ?? template.anchor,
        };
        if (await insertUnlessThere(ctx.em, CreditGrantEntity, copy)) made.push({ copy, subject, given });
      }
    }
    return made;
  }

  /** Copies that were made before, deleted ones too: what was taken from a subscription does not come back. */
  private async copiesOf(ctx: Ctx, subjects: readonly GrantSubject[]): Promise<ReadonlySet<string>> {
    const rows = await ctx.em
      .createQueryBuilder(CreditGrantEntity, 'row')
      .select(['row.id', 'row.subscriptionId', 'row.sourceGrantId'])
      .where('row.subscriptionId = ANY(:ids) AND row.sourceGrantId IS NOT NULL', {
        ids: subjects.map(({ id }) => id),
      })
      .getMany();
    return new Set(rows.map((row) => `${row.subscriptionId ?? ''}/${row.sourceGrantId ?? ''}`));
  }

  /** What the plans before have given that still counts: once for ever, or for the period under way. */
  private async earlier(ctx: Ctx, { continues, startDate }: GrantSubject): Promise<Earlier[]> {
    if (continues.length === 0) return [];
    const grants = await ctx.em
      .createQueryBuilder(CreditGrantEntity, 'row')
      .where('row.subscriptionId = ANY(:ids)', {
        ids: continues.map(({ id }) => id),
      })
      .andWhere('row.sourceGrantId IS NOT NULL AND row.addonAssociationId IS NULL')
      .getMany();
    if (grants.length === 0) return [];
    const applications = await ctx.em
      .createQueryBuilder(CreditGrantApplicationEntity, 'row')
      .where('row.creditGrantId = ANY(:ids)', { ids: grants.map(({ id }) => id) })
      .andWhere(`row.applicationStatus IN ('applied', 'skipped')`)
      .andWhere('(row.periodEnd IS NULL OR (row.periodStart <= :start AND row.periodEnd > :start))', {
        start: startDate,
      })
      .orderBy('row.periodStart')
      .getMany();
    const byId = new Map(grants.map((grant) => [grant.id, grant]));
    return applications.map((application) => ({
      application,
      grant: byId.get(application.creditGrantId) as CreditGrant,
    }));
  }
}

/** What was given before, taken by the new grants one after the other: together they give no more than the new plan does. */
class GivenPool {
  private readonly left = new Map<CreditGrant['cadence'], Rate>();

  constructor(
    private readonly earlier: readonly Earlier[],
    private readonly subject: GrantSubject,
  ) {
    for (const { grant, application } of earlier)
      if (application.applicationStatus === 'applied')
        this.left.set(grant.cadence, (this.left.get(grant.cadence) ?? ZERO).plus(application.credits));
  }

  take(template: CreditGrant): GivenBefore {
    const left = this.left.get(template.cadence) ?? ZERO;
    const credits = Rate.min(left, template.credits);
    this.left.set(template.cadence, left.minus(credits));
    return { credits, periodEnd: this.latest(template)?.application.periodEnd ?? null };
  }

  /** The day on which the earlier grant of the same interval would have come again. */
  anchorOf(template: CreditGrant): Date | null {
    const earlier = this.latest(template);
    const from = this.subject.continues.find(({ id }) => id === earlier?.grant.subscriptionId);
    return earlier === undefined || from === undefined ? null : anchorOf(earlier.grant, from);
  }

  private latest(template: CreditGrant): Earlier | undefined {
    if (template.cadence === 'ONETIME') return undefined;
    return this.earlier.findLast(
      ({ grant }) => grant.period === template.period && grant.periodCount === template.periodCount,
    );
  }
}

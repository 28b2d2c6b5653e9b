import { Injectable } from '@nestjs/common';
import { invalidOperation, notFound, validationError } from '../domain/errors.js';
import type { Rate } from '../domain/rate.js';
import type {
  GrantCadence,
  GrantDurationUnit,
  GrantExpiryType,
  GrantPeriod,
} from '../domain/wallets/grant-schedule.js';
import type { Ctx } from '../platform/context.js';
import { insertRow, stampChange, stampNew, updateRow } from '../platform/database/columns.js';
import { PlansService } from '../plans/plans.service.js';
import { CreditGrantEntity } from './credit-grant.entity.js';
import type { CreditGrant } from './credit-grants.types.js';

export interface NewCreditGrant {
  readonly name: string;
  /** A plan's is a template for the subscriptions that start from now on; a subscription's is its own. */
  readonly target: { readonly planId: string } | { readonly subscriptionId: string; readonly planId: string };
  readonly credits: Rate;
  readonly cadence: GrantCadence;
  readonly period?: GrantPeriod | undefined;
  readonly periodCount?: number | undefined;
  readonly expirationType?: GrantExpiryType | undefined;
  readonly expirationDuration?: number | undefined;
  readonly expirationDurationUnit?: GrantDurationUnit | undefined;
  readonly priority?: number | undefined;
  readonly conversionRate?: Rate | undefined;
  readonly topUpConversionRate?: Rate | undefined;
  readonly startDate?: Date | undefined;
  readonly endDate?: Date | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

@Injectable()
export class CreditGrantsService {
  constructor(private readonly plans: PlansService) {}

  /** For a subscription, the caller has made sure that it is there, and lets what is due be applied. */
  async create(ctx: Ctx, input: NewCreditGrant): Promise<CreditGrant> {
    const { target } = input;
    if (!('subscriptionId' in target)) await this.plans.getPlan(ctx, target.planId);
    if (input.startDate && input.endDate && input.endDate <= input.startDate)
      throw validationError('end_date must be after start_date', {
        fields: { end_date: 'must be after start_date' },
      });
    return insertRow(ctx.em, CreditGrantEntity, {
      ...stampNew(ctx, 'creditGrant'),
      name: input.name,
      scope: 'subscriptionId' in target ? 'SUBSCRIPTION' : 'PLAN',
      planId: target.planId,
      subscriptionId: 'subscriptionId' in target ? target.subscriptionId : null,
      sourceGrantId: null,
      credits: input.credits,
      cadence: input.cadence,
      period: input.cadence === 'RECURRING' ? (input.period ?? null) : null,
      periodCount: input.cadence === 'RECURRING' ? (input.periodCount ?? 1) : null,
      expirationType: input.expirationType ?? 'NEVER',
      expirationDuration: input.expirationType === 'DURATION' ? (input.expirationDuration ?? null) : null,
      expirationDurationUnit:
        input.expirationType === 'DURATION' ? (input.expirationDurationUnit ?? null) : null,
      priority: input.priority ?? null,
      conversionRate: input.conversionRate ?? null,
      topUpConversionRate: input.topUpConversionRate ?? null,
      startDate: input.startDate ?? null,
      endDate: input.endDate ?? null,
      metadata: { ...input.metadata },
    });
  }

  async get(ctx: Ctx, id: string): Promise<CreditGrant> {
    const row = await ctx.em.findOneBy(CreditGrantEntity, { id });
    if (row === null || row.status === 'deleted') throw notFound('credit grant', id);
    return row;
  }

  /** The plan's own grants, oldest first. */
  async ofPlan(ctx: Ctx, planId: string): Promise<CreditGrant[]> {
    await this.plans.getPlan(ctx, planId);
    return ctx.em.find(CreditGrantEntity, {
      where: { planId, scope: 'PLAN', status: 'published' },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  /** The same of many plans. */
  async ofPlans(ctx: Ctx, planIds: readonly string[]): Promise<CreditGrant[]> {
    if (planIds.length === 0) return [];
    return ctx.em
      .createQueryBuilder(CreditGrantEntity, 'row')
      .where(`row.planId = ANY(:planIds) AND row.scope = 'PLAN' AND row.status = 'published'`, { planIds })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
  }

  /** The subscriptions' grants, copies of their plans' among them, oldest first. */
  async ofSubscriptions(ctx: Ctx, subscriptionIds: readonly string[]): Promise<CreditGrant[]> {
    if (subscriptionIds.length === 0) return [];
    return ctx.em
      .createQueryBuilder(CreditGrantEntity, 'row')
      .where(`row.subscriptionId = ANY(:ids) AND row.status = 'published'`, { ids: subscriptionIds })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
  }

  async update(
    ctx: Ctx,
    id: string,
    change: {
      readonly name?: string | undefined;
      readonly metadata?: Readonly<Record<string, string>> | undefined;
    },
  ): Promise<CreditGrant> {
    const before = await this.lock(ctx, id);
    const changed = {
      ...stampChange(ctx),
      name: change.name ?? before.name,
      metadata: { ...(change.metadata ?? before.metadata) },
    };
    await updateRow(ctx.em, CreditGrantEntity, id, changed);
    return { ...before, ...changed };
  }

  /**
   * A plan's grant is gone for subscriptions that start later; those that run keep their copies. A subscription's grant
   * ends now, or at `effectiveDate`. Credits that were given stay given.
   */
  async delete(ctx: Ctx, id: string, effectiveDate: Date | undefined): Promise<CreditGrant> {
    const before = await this.lock(ctx, id);
    if (before.scope === 'PLAN' && effectiveDate !== undefined)
      throw invalidOperation(
        'effective_date is for grants of subscriptions: a grant of a plan is only copied when a subscription starts',
        'effective_date_not_applicable',
        { id },
      );
    const later = effectiveDate !== undefined && effectiveDate > ctx.now;
    const change = {
      ...stampChange(ctx),
      ...(before.scope === 'SUBSCRIPTION' ? { endDate: later ? effectiveDate : ctx.now } : {}),
      ...(later ? {} : { status: 'deleted' as const }),
    };
    await updateRow(ctx.em, CreditGrantEntity, id, change);
    return { ...before, ...change };
  }

  private async lock(ctx: Ctx, id: string): Promise<CreditGrant> {
    const row = await ctx.em.findOne(CreditGrantEntity, {
      where: { id },
      lock: { mode: 'pessimistic_write' },
    });
    if (row === null || row.status === 'deleted') throw notFound('credit grant', id);
    return row;
  }
}

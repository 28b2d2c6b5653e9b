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
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { findRow, insertRow, updateRow } from '../platform/database/rows.js';
import { AddonsService } from '../plans/addons.service.js';
import { PlansService } from '../plans/plans.service.js';
import { CreditGrantEntity } from './credit-grant.entity.js';
import type { CreditGrant } from './credit-grants.types.js';

export type GrantTarget =
  | { readonly scope: 'PLAN'; readonly planId: string }
  | { readonly scope: 'ADDON'; readonly addonId: string }
  | { readonly scope: 'SUBSCRIPTION'; readonly subscriptionId: string; readonly planId: string };

export interface NewCreditGrant {
  readonly name: string;
  /** A plan's or an addon's is a template for the subscriptions that get it from now on; a subscription's is its own. */
  readonly target: GrantTarget;
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

/** What gives credit grants to those who subscribe to it. */
export type GrantingKind = 'PLAN' | 'ADDON';

@Injectable()
export class CreditGrantsService {
  constructor(
    private readonly plans: PlansService,
    private readonly addons: AddonsService,
  ) {}

  /** For a subscription, the caller has made sure that it is there, and lets what is due be applied. */
  async create(ctx: Ctx, input: NewCreditGrant): Promise<CreditGrant> {
    const { target } = input;
    if (target.scope === 'PLAN') await this.plans.getPlan(ctx, target.planId);
    if (target.scope === 'ADDON') await this.addons.getAddon(ctx, target.addonId);
    if (input.startDate && input.endDate && input.endDate <= input.startDate)
      throw validationError('end_date must be after start_date', {
        fields: { end_date: 'must be after start_date' },
      });
    return insertRow(ctx.em, CreditGrantEntity, {
      ...auditColumnsForInsert(ctx, 'creditGrant'),
      name: input.name,
      scope: target.scope,
      planId: target.scope === 'ADDON' ? null : target.planId,
      subscriptionId: target.scope === 'SUBSCRIPTION' ? target.subscriptionId : null,
      addonId: target.scope === 'ADDON' ? target.addonId : null,
      addonAssociationId: null,
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
      anchor: null,
      metadata: { ...input.metadata },
    });
  }

  async get(ctx: Ctx, id: string): Promise<CreditGrant> {
    const row = await findRow(ctx.em, CreditGrantEntity, { id });
    if (row === null || row.status === 'deleted') throw notFound('credit grant', id);
    return row;
  }

  /** The plan's own grants, oldest first. */
  async ofPlan(ctx: Ctx, planId: string): Promise<CreditGrant[]> {
    await this.plans.getPlan(ctx, planId);
    return this.templatesOf(ctx, 'PLAN', [planId]);
  }

  /** The addon's own grants, oldest first. */
  async ofAddon(ctx: Ctx, addonId: string): Promise<CreditGrant[]> {
    await this.addons.getAddon(ctx, addonId);
    return this.templatesOf(ctx, 'ADDON', [addonId]);
  }

  /** The same of many plans or addons. */
  async templatesOf(ctx: Ctx, kind: GrantingKind, ids: readonly string[]): Promise<CreditGrant[]> {
    if (ids.length === 0) return [];
    return ctx.em
      .createQueryBuilder(CreditGrantEntity, 'row')
      .where(`row.${kind === 'PLAN' ? 'planId' : 'addonId'} = ANY(:ids)`, { ids })
      .andWhere(`row.scope = :kind AND row.status = 'published'`, { kind })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
  }

  /** The subscriptions' grants, copies of their plans' and addons' among them, oldest first. */
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
      ...auditColumnsForUpdate(ctx),
      name: change.name ?? before.name,
      metadata: { ...(change.metadata ?? before.metadata) },
    };
    await updateRow(ctx.em, CreditGrantEntity, id, changed);
    return { ...before, ...changed };
  }

  /**
   * A plan's or an addon's grant is gone for subscriptions that would get it later; those that have copies keep them. A subscription's grant
   * ends now, or at `effectiveDate`. Credits that were given stay given.
   */
  async delete(ctx: Ctx, id: string, effectiveDate: Date | undefined): Promise<CreditGrant> {
    const before = await this.lock(ctx, id);
    if (before.scope !== 'SUBSCRIPTION' && effectiveDate !== undefined)
      throw invalidOperation(
        'effective_date is for grants of subscriptions: a grant of a plan or an addon is only copied when a subscription starts or gets it',
        'effective_date_not_applicable',
        { id },
      );
    const later = effectiveDate !== undefined && effectiveDate > ctx.now;
    const change = {
      ...auditColumnsForUpdate(ctx),
      ...(before.scope === 'SUBSCRIPTION' ? { endDate: later ? effectiveDate : ctx.now } : {}),
      ...(later ? {} : { status: 'deleted' as const }),
    };
    await updateRow(ctx.em, CreditGrantEntity, id, change);
    return { ...before, ...change };
  }

  private async lock(ctx: Ctx, id: string): Promise<CreditGrant> {
    const row = await findRow(ctx.em, CreditGrantEntity, { id }, { lock: true });
    if (row === null || row.status === 'deleted') throw notFound('credit grant', id);
    return row;
  }
}

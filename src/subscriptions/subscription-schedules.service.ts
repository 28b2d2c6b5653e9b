import { Injectable } from '@nestjs/common';
import { invalidOperation, notFound } from '../domain/errors.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { findRow, insertRow, updateRow } from '../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../platform/http/list-query.js';
import { SubscriptionScheduleEntity } from './subscription-schedule.entity.js';
import type { SubscriptionSchedule } from './subscriptions.types.js';

export interface ScheduleList extends ListRequest {
  readonly subscription_id?: string;
  readonly pending_only?: boolean;
}

/** Changes of subscriptions that lie ahead. The subscription is locked by whoever writes one. */
@Injectable()
export class SubscriptionSchedulesService {
  async add(
    ctx: Ctx,
    input: Pick<SubscriptionSchedule, 'subscriptionId' | 'scheduledAt'> & {
      readonly configuration: Readonly<Record<string, unknown>>;
      readonly metadata?: Readonly<Record<string, string>> | undefined;
    },
  ): Promise<SubscriptionSchedule> {
    return insertRow(ctx.em, SubscriptionScheduleEntity, {
      ...auditColumnsForInsert(ctx, 'subscriptionSchedule'),
      subscriptionId: input.subscriptionId,
      scheduleType: 'plan_change',
      scheduleStatus: 'pending',
      scheduledAt: input.scheduledAt,
      configuration: { ...input.configuration },
      executedAt: null,
      cancelledAt: null,
      executionResult: null,
      errorMessage: null,
      metadata: { ...input.metadata },
    });
  }

  async get(ctx: Ctx, id: string): Promise<SubscriptionSchedule> {
    const row = await findRow(ctx.em, SubscriptionScheduleEntity, { id });
    if (row === null) throw notFound('subscription schedule', id);
    return row;
  }

  pendingOf(ctx: Ctx, subscriptionId: string): Promise<SubscriptionSchedule | null> {
    return findRow(ctx.em, SubscriptionScheduleEntity, { subscriptionId, scheduleStatus: 'pending' });
  }

  /** The same of many. */
  async pendingOfAll(ctx: Ctx, subscriptionIds: readonly string[]): Promise<SubscriptionSchedule[]> {
    if (subscriptionIds.length === 0) return [];
    return ctx.em
      .createQueryBuilder(SubscriptionScheduleEntity, 'row')
      .where(`row.subscriptionId = ANY(:ids) AND row.scheduleStatus = 'pending'`, { ids: subscriptionIds })
      .getMany();
  }

  /** Somebody wants it to end or go on otherwise than the schedule says. */
  async assertNonePending(ctx: Ctx, subscriptionId: string): Promise<void> {
    const pending = await this.pendingOf(ctx, subscriptionId);
    if (pending !== null)
      throw invalidOperation(
        `a change of plan is scheduled for ${pending.scheduledAt.toISOString()}: cancel its schedule first`,
        'plan_change_scheduled',
        { schedule_id: pending.id },
      );
  }

  async settle(
    ctx: Ctx,
    id: string,
    change: Partial<
      Pick<
        SubscriptionSchedule,
        'scheduleStatus' | 'executedAt' | 'cancelledAt' | 'executionResult' | 'errorMessage'
      >
    >,
  ): Promise<SubscriptionSchedule> {
    await updateRow(ctx.em, SubscriptionScheduleEntity, id, {
      ...auditColumnsForUpdate(ctx),
      ...change,
    });
    return this.get(ctx, id);
  }

  list(
    ctx: Ctx,
    request: ScheduleList,
  ): Promise<{ rows: SubscriptionSchedule[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(SubscriptionScheduleEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.subscription_id)
      query.andWhere('row.subscriptionId = :subscription', { subscription: request.subscription_id });
    if (request.pending_only === true) query.andWhere(`row.scheduleStatus = 'pending'`);
    return findPage(query, request, { created_at: 'createdAt', scheduled_at: 'scheduledAt' });
  }
}

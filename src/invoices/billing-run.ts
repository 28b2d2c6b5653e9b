import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { TimeTriggers, type TimeTrigger } from '../platform/clock/time-triggers.js';
import type { Caller, Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import { InvoicesService } from './invoices.service.js';
import { SubscriptionBillingService, type BillingTask } from './subscription-billing.service.js';

/** Subscriptions billed in one transaction: few enough to be short, many enough to share their queries. */
const BATCH = 200;

/**
 * Bills every period that has ended: drafts and finalizes its invoice and moves the subscription on, in one
 * transaction. However many periods are due, each is billed, in order; two runs at once share the work, and the
 * unique index on the invoice's period is there for the day that they should not.
 */
@Injectable()
export class BillingRun implements TimeTrigger, OnModuleInit {
  readonly name = 'billing';
  private readonly logger = new Logger(BillingRun.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly triggers: TimeTriggers,
    private readonly subscriptions: SubscriptionsService,
    private readonly billing: SubscriptionBillingService,
    private readonly invoices: InvoicesService,
  ) {}

  onModuleInit(): void {
    this.triggers.register(this);
  }

  nextDueAt(ctx: Ctx): Promise<Date | null> {
    return this.subscriptions.nextPeriodEnd(ctx);
  }

  async run(caller: Caller): Promise<void> {
    let billed = 0;
    for (;;) {
      const count = await this.uow.run(caller, (ctx) => this.billBatch(ctx));
      if (count === 0) break;
      billed += count;
    }
    if (billed > 0)
      this.logger.log({ event: 'billing.run', environment_id: caller.scope.environmentId, periods: billed });
  }

  private async billBatch(ctx: Ctx): Promise<number> {
    const due = await this.subscriptions.lockDue(ctx, BATCH);
    const tasks = due.map((subscription): BillingTask => {
      const next = this.subscriptions.nextPeriod(subscription);
      const closing = { start: subscription.currentPeriodStart, end: subscription.currentPeriodEnd };
      return { subscription, moment: { type: 'period_end', closing, next }, reason: 'SUBSCRIPTION_CYCLE' };
    });
    const invoices = await this.billing.bill(ctx, tasks);
    for (const task of tasks) {
      const drafted = invoices.get(task);
      if (drafted !== undefined) await this.invoices.finalizeWhenDue(ctx, drafted.invoice.id);
      await this.subscriptions.roll(ctx, task.subscription, this.subscriptions.nextPeriod(task.subscription));
    }
    return tasks.length;
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TimeTriggers, type TimeTrigger } from '../platform/clock/time-triggers.js';
import type { Caller, Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { CustomerSubscriptionsQueries } from '../subscriptions/customer-subscriptions.queries.js';
import { GrantApplications } from '../wallets/grant-applications.service.js';
import { EXPIRED_WAIT_MS, WalletExpiries } from '../wallets/wallet-expiries.service.js';
import type { WalletTransaction } from '../wallets/wallets.types.js';
import { CreditHolds } from '../billing/credit-holds/credit-holds.service.js';
import { BillingRun } from '../billing/runs/billing-runner.service.js';
import { OpenDraftsQueries } from '../invoices/open-drafts.queries.js';
import { SubscriptionGrants } from '../subscriptions/subscription-grants.service.js';

const BATCH = 200;
const HOUR_MS = 3_600_000;

/** Gives grants whose time comes between two rolls of their subscription: a weekly one on a monthly plan. */
@Injectable()
export class GrantsDue implements TimeTrigger, OnModuleInit {
  readonly name = 'credit grants';

  constructor(
    private readonly uow: UnitOfWork,
    private readonly triggers: TimeTriggers,
    private readonly applications: GrantApplications,
    private readonly grants: SubscriptionGrants,
  ) {}

  onModuleInit(): void {
    this.triggers.register(this);
  }

  nextDueAt(ctx: Ctx): Promise<Date | null> {
    return this.applications.nextDueAt(ctx);
  }

  async run(caller: Caller): Promise<void> {
    const done = new Set<string>();
    for (;;) {
      const ids = await this.uow.run(caller, async (ctx) => {
        const due = (await this.applications.dueSubscriptions(ctx, BATCH)).filter((id) => !done.has(id));
        await this.grants.applyDue(ctx, due);
        return due;
      });
      if (ids.length === 0) return;
      for (const id of ids) done.add(id);
    }
  }
}

/**
 * Books credits that have expired. Those that can still pay for a period that is over and not billed yet (a grant that lasts as
 * long as the billing period does, always) wait for that bill; of others what was used of the current period is held for its bill.
 */
@Injectable()
export class CreditsExpiring implements TimeTrigger, OnModuleInit {
  readonly name = 'credit expiry';

  constructor(
    private readonly uow: UnitOfWork,
    private readonly triggers: TimeTriggers,
    private readonly billing: BillingRun,
    private readonly expiries: WalletExpiries,
    private readonly holds: CreditHolds,
    private readonly subscriptions: CustomerSubscriptionsQueries,
    private readonly openDrafts: OpenDraftsQueries,
  ) {}

  onModuleInit(): void {
    this.triggers.register(this);
  }

  nextDueAt(ctx: Ctx): Promise<Date | null> {
    return this.expiries.nextDueAt(ctx);
  }

  async run(caller: Caller): Promise<void> {
    // A period that ends now is paid from credits that expire now: first the bills, whichever of us was called first.
    await this.billing.run(caller);
    while ((await this.uow.run(caller, (ctx) => this.runBatch(ctx))) > 0);
  }

  private async runBatch(ctx: Ctx): Promise<number> {
    const due = await this.expiries.due(ctx, BATCH);
    if (due.length === 0) return 0;
    const unbilled = await this.unbilledSince(ctx, [...new Set(due.map((row) => row.customerId))]);
    const isNeeded = (row: WalletTransaction): boolean => {
      const since = unbilled.get(row.customerId);
      const expiry = (row.expiryDate ?? ctx.now).getTime();
      return since !== undefined && since.getTime() <= expiry && ctx.now.getTime() < expiry + EXPIRED_WAIT_MS;
    };
    const needed = due.filter((row) => !row.held && isNeeded(row));
    await this.expiries.postpone(ctx, needed, new Date(ctx.now.getTime() + HOUR_MS));
    await this.holds.settle(
      ctx,
      due.filter((row) => !needed.includes(row)),
    );
    return due.length;
  }

  /** Per customer, the earliest end of a period whose bill is not final. */
  private async unbilledSince(ctx: Ctx, customerIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const found = new Map(await this.subscriptions.unbilledSince(ctx, customerIds));
    const drafts = await this.openDrafts.earliestPeriodEnds(ctx, customerIds);
    for (const [customer, since] of drafts) {
      const known = found.get(customer);
      if (known === undefined || since < known) found.set(customer, since);
    }
    return found;
  }
}

import { Get, Query } from '@nestjs/common';
import { fieldErrors } from '../../domain/errors.js';
import type { Period } from '../../domain/period.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { BillingDashboardQueries } from './billing-dashboard.queries.js';
import { BillingDashboardResponse } from './billing-dashboard.responses.js';
import { CustomerDashboardQueries } from './customer-dashboard.queries.js';
import { CustomerDashboardResponse } from './customer-dashboard.responses.js';
import { DashboardQuery, MOST_DAYS, UsageDashboardQuery } from './dashboards.requests.js';
import { IntegrationDashboardQueries } from './integration-dashboard.queries.js';
import { IntegrationDashboardResponse } from './integration-dashboard.responses.js';
import { UsageDashboardQueries } from './usage-dashboard.queries.js';
import { UsageDashboardResponse } from './usage-dashboard.responses.js';

const DEFAULT_DAYS = 30;
const DEFAULT_LIMIT = 10;
const DAY_MS = 86_400_000;

@ApiController('dashboards', 'Dashboards')
export class DashboardsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly billings: BillingDashboardQueries,
    private readonly customers: CustomerDashboardQueries,
    private readonly integrations: IntegrationDashboardQueries,
    private readonly usages: UsageDashboardQueries,
  ) {}

  /**
   * Revenue of this month and the one before, monthly recurring revenue, invoices by state, and how many payments succeed.
   * Amounts are by currency and never added across. Reads the invoices of thirteen months, all that are owed, the payments
   * of twice the days, and at most 10,000 different prices and quantities of running subscriptions.
   */
  @Get('billing')
  billing(
    @CurrentCaller() caller: Caller,
    @Query() query: DashboardQuery,
  ): Promise<BillingDashboardResponse> {
    return this.uow.read(caller, (ctx) => this.billings.show(ctx, query.days ?? DEFAULT_DAYS));
  }

  /**
   * Active, new and churned customers, those with failed payments, and wallets that run low. Lists hold ten at most. Reads
   * the customers and subscriptions of twice the days, and the wallet transactions of 62 days.
   */
  @Get('customers')
  customer(
    @CurrentCaller() caller: Caller,
    @Query() query: DashboardQuery,
  ): Promise<CustomerDashboardResponse> {
    return this.uow.read(caller, (ctx) => this.customers.show(ctx, query.days ?? DEFAULT_DAYS));
  }

  /**
   * Outcomes of sync operations and of webhooks in both directions; what is stuck, failing, paused or parked. In real time,
   * also where the clock of the environment is another. Reads the newest 50,000 rows of each kind in these days; lists hold
   * ten at most.
   */
  @Get('integrations')
  integration(
    @CurrentCaller() caller: Caller,
    @Query() query: DashboardQuery,
  ): Promise<IntegrationDashboardResponse> {
    return this.uow.read(caller, (ctx) => this.integrations.show(ctx, query.days ?? DEFAULT_DAYS));
  }

  /**
   * Usage by feature, by customer and by day. Reads the roll-ups of at most 50 metered features and 366 days; the customers
   * are counted up to 100,000 events, and beyond that estimated from about 30,000 of them.
   */
  @Get('usage')
  usage(
    @CurrentCaller() caller: Caller,
    @Query() query: UsageDashboardQuery,
  ): Promise<UsageDashboardResponse> {
    return this.uow.read(caller, (ctx) =>
      this.usages.show(ctx, windowOf(ctx, query), query.limit ?? DEFAULT_LIMIT),
    );
  }
}

/** Whole days of UTC, where nothing else is said: today is one of them. */
function windowOf({ now }: Ctx, query: UsageDashboardQuery): Period {
  if (query.start_time !== undefined && query.days !== undefined)
    throw fieldErrors({ days: 'days stands in for start_time: send one of them' });
  const end = query.end_time ?? new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS + DAY_MS);
  const start = query.start_time ?? new Date(end.getTime() - (query.days ?? DEFAULT_DAYS) * DAY_MS);
  if (start >= end) throw fieldErrors({ start_time: 'start_time must be before end_time' });
  if (end.getTime() - start.getTime() > MOST_DAYS * DAY_MS)
    throw fieldErrors({ start_time: `start_time must be at most ${MOST_DAYS} days before end_time` });
  return { start, end };
}

import { HttpCode, Param, Post } from '@nestjs/common';
import { formatMoney } from '../domain/money.js';
import type { Caller } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../tenancy/api-controller.js';
import { InvoicesQueries } from './invoices.queries.js';
import { InvoiceResponse } from './invoices.responses.js';
import { LateUsageSettlement } from './late-usage-settlement.service.js';

export class LateUsageResponse {
  /** The document of it. Its total is what is owed. */
  invoice!: InvoiceResponse;
  /** Decimal string: what was billed too much, in the customer's prepaid wallet now. */
  credited_amount!: string;
}

@ApiController('invoices', 'Invoices')
export class LateUsageController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly settlement: LateUsageSettlement,
    private readonly invoices: InvoicesQueries,
  ) {}

  /**
   * Settles now what has arrived late for the finished periods of the invoice's subscription, instead of with its next
   * invoice; the only way for a subscription that has ended.
   */
  @Post(':id/late-usage')
  @HttpCode(200)
  settle(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<LateUsageResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { invoice, credited } = await this.settlement.settle(ctx, id);
      return { invoice: await this.invoices.showOne(ctx, invoice), credited_amount: formatMoney(credited) };
    });
  }
}

import { Body, HttpCode, Param, Post } from '@nestjs/common';
import { formatMoney } from '../../domain/money.js';
import { InvoicesQueries } from './invoices.queries.js';
import { LateUsageSettlement } from '../../billing/late-usage/late-usage-settlement.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CreditNotesQueries } from '../creditnotes/credit-notes.queries.js';
import type { CreditNoteResponse } from '../creditnotes/credit-notes.responses.js';
import { SettleLateUsageRequest } from './late-usage.requests.js';
import { LateUsageResponse } from './late-usage.responses.js';
import { LateUsageCredits } from '../../billing/late-usage/late-usage-credits.service.js';

@ApiController('invoices', 'Invoices')
export class LateUsageController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly settlement: LateUsageSettlement,
    private readonly credits: LateUsageCredits,
    private readonly invoices: InvoicesQueries,
    private readonly notes: CreditNotesQueries,
  ) {}

  /**
   * Settles usage that arrived late for the finished periods of the subscription, now instead of with its next
   * invoice. For a subscription that has ended this is the only way.
   */
  @Post(':id/late-usage')
  @HttpCode(200)
  settle(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: SettleLateUsageRequest,
  ): Promise<LateUsageResponse> {
    return this.uow.run(caller, async (ctx) => {
      const settled =
        body.credit_as === 'credit_note'
          ? await this.credits.settle(ctx, id)
          : await this.settlement.settle(ctx, id);
      const { invoice, credited, notes } = settled;
      const shown: CreditNoteResponse[] = [];
      for (const note of notes) shown.push(await this.notes.showOne(ctx, note));
      return {
        invoice: invoice === undefined ? null : await this.invoices.showOne(ctx, invoice),
        credited_amount: formatMoney(credited),
        credit_notes: shown,
      };
    });
  }
}

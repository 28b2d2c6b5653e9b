import { Body, HttpCode, Param, Post } from '@nestjs/common';
import { formatMoney } from '../domain/money.js';
import { InvoicesQueries } from '../invoices/invoices.queries.js';
import { InvoiceResponse } from '../invoices/invoices.responses.js';
import { LateUsageSettlement } from '../invoices/late-usage-settlement.service.js';
import type { Caller } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { IsWord, Optional } from '../platform/http/fields.js';
import { ApiController, CurrentCaller } from '../tenancy/api-controller.js';
import { CreditNotesQueries } from './credit-notes.queries.js';
import { CreditNoteResponse } from './credit-notes.responses.js';
import { LateUsageCredits } from './late-usage-credits.service.js';

const CREDIT_AS = ['wallet', 'credit_note'] as const;

export class SettleLateUsageRequest {
  /**
   * Where goes what was billed too much: into the customer's prepaid wallet (`wallet`, when left out), or onto credit notes
   * of the invoices that billed it.
   */
  @Optional()
  @IsWord(CREDIT_AS)
  credit_as?: (typeof CREDIT_AS)[number];
}

export class LateUsageResponse {
  /** The document of what is owed; null where everything stands on credit notes. Its total is what is owed. */
  invoice!: InvoiceResponse | null;
  /** Decimal string: what was billed too much, in the wallet or on the notes. */
  credited_amount!: string;
  credit_notes!: CreditNoteResponse[];
}

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
   * Settles now what has arrived late for the finished periods of the invoice's subscription, instead of with its next
   * invoice; the only way for a subscription that has ended.
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
          : { ...(await this.settlement.settle(ctx, id)), notes: [] };
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

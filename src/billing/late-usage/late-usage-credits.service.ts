import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../../domain/errors.js';
import type { Ctx } from '../../platform/context.js';
import { GivingBack } from '../giving-back.service.js';
import { CORRECTED_USAGE, LateUsageNotes, noteTotal } from './late-usage-notes.service.js';
import { LateUsageSettlement, type LateUsageSettled } from './late-usage-settlement.service.js';

/** Usage that was corrected downwards as credit notes of the invoices that billed it, with its tax; what is missing is invoiced. */
@Injectable()
export class LateUsageCredits {
  constructor(
    private readonly settlement: LateUsageSettlement,
    private readonly giving: GivingBack,
    private readonly noted: LateUsageNotes,
  ) {}

  async settle(ctx: Ctx, invoiceId: string): Promise<LateUsageSettled> {
    const { subscription, late } = await this.settlement.find(ctx, invoiceId);
    const over = late.credits.filter(({ credit }) => credit.amount > 0n);
    const parts = await this.noted.partsOf(ctx, over);
    const notes = await this.giving.noteAll(ctx, parts.flat(), CORRECTED_USAGE);
    await this.noted.record(ctx, subscription.id, over, parts, notes);
    const invoice = await this.settlement.charge(ctx, subscription, late.charges);
    if (invoice === undefined && notes.length === 0)
      throw invalidOperation('no usage has arrived late', 'no_late_usage');
    return {
      invoice,
      credited: noteTotal(notes, subscription.currency),
      notes: notes.map(({ note }) => note),
    };
  }
}

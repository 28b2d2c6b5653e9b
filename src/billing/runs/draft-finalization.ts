import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { TimeTriggers, type TimeTrigger } from '../../platform/clock/time-triggers.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { OpenDraftsQueries } from '../../invoices/open-drafts.queries.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import { RecalculationService } from '../recalculation/recalculation.service.js';

const BATCH = 100;

/** Finalizes drafts whose grace has ended, computed once more before: usage that arrived meanwhile is on them. */
@Injectable()
export class DraftFinalization implements TimeTrigger, OnModuleInit {
  readonly name = 'draft-finalization';
  private readonly logger = new Logger(DraftFinalization.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly triggers: TimeTriggers,
    private readonly invoices: InvoicesService,
    private readonly rebilling: RecalculationService,
    private readonly openDrafts: OpenDraftsQueries,
  ) {}

  onModuleInit(): void {
    this.triggers.register(this);
  }

  nextDueAt(ctx: Ctx): Promise<Date | null> {
    return this.openDrafts.nextDueAt(ctx);
  }

  async run(caller: Caller): Promise<void> {
    let finalized = 0;
    for (;;) {
      const count = await this.uow.run(caller, (ctx) => this.finalizeBatch(ctx));
      if (count === 0) break;
      finalized += count;
    }
    if (finalized > 0)
      this.logger.log({
        event: 'invoices.drafts_finalized',
        environment_id: caller.scope.environmentId,
        invoices: finalized,
      });
  }

  private async finalizeBatch(ctx: Ctx): Promise<number> {
    const due = await this.openDrafts.lockDue(ctx, BATCH);
    for (const draft of due) {
      if (draft.amountPaid === 0n && this.rebilling.canRebill(draft))
        await this.rebilling.redraft(ctx, draft.id);
      await this.invoices.finalize(ctx, draft.id);
    }
    return due.length;
  }
}

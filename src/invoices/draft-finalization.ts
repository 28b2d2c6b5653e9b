import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { TimeTriggers, type TimeTrigger } from '../platform/clock/time-triggers.js';
import type { Caller, Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { InvoiceEntity } from './invoice.entity.js';
import { InvoicesService } from './invoices.service.js';
import { RebillingService } from './rebilling.service.js';

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
    private readonly rebilling: RebillingService,
  ) {}

  onModuleInit(): void {
    this.triggers.register(this);
  }

  async nextDueAt(ctx: Ctx): Promise<Date | null> {
    const row = await ctx.em
      .createQueryBuilder(InvoiceEntity, 'row')
      .select('min(row.finalizeAt)', 'due')
      .where(`row.invoiceStatus = 'DRAFT'`)
      .getRawOne<{ due: Date | null }>();
    return row?.due ?? null;
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
    const due = await ctx.em
      .createQueryBuilder(InvoiceEntity, 'row')
      .where(`row.invoiceStatus = 'DRAFT' AND row.finalizeAt <= :now`, { now: ctx.now })
      .orderBy('row.finalizeAt')
      .addOrderBy('row.id')
      .limit(BATCH)
      .setLock('pessimistic_write')
      .setOnLocked('skip_locked')
      .getMany();
    for (const draft of due) {
      if (draft.amountPaid === 0n && this.rebilling.canRebill(draft))
        await this.rebilling.redraft(ctx, draft.id);
      await this.invoices.finalize(ctx, draft.id);
    }
    return due.length;
  }
}

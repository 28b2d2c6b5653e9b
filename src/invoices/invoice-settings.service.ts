import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { findRow } from '../platform/database/rows.js';
import { InvoiceSettingsEntity } from './invoice-settings.entity.js';

export interface InvoiceSettings {
  /** How long a period's invoice stays a draft; 0: it is final at once. */
  readonly finalizationDelaySeconds: number;
  /** Days to pay where neither the invoice nor the subscription's terms say. */
  readonly dueDateDays: number;
}

const DEFAULTS: InvoiceSettings = { finalizationDelaySeconds: 0, dueDateDays: 1 };

@Injectable()
export class InvoiceSettingsService {
  async get(ctx: Ctx): Promise<InvoiceSettings> {
    return (await findRow(ctx.em, InvoiceSettingsEntity, { ...ctx.scope })) ?? DEFAULTS;
  }

  /** Holds for invoices that are drafted or finalized from now on. */
  async change(ctx: Ctx, change: Partial<InvoiceSettings>): Promise<InvoiceSettings> {
    const { finalizationDelaySeconds, dueDateDays } = { ...(await this.get(ctx)), ...change };
    await ctx.em.upsert(
      InvoiceSettingsEntity,
      { ...ctx.scope, finalizationDelaySeconds, dueDateDays, updatedAt: ctx.now, updatedBy: ctx.actor },
      ['tenantId', 'environmentId'],
    );
    return { finalizationDelaySeconds, dueDateDays };
  }
}

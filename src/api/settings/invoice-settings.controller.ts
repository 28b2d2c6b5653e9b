import { Body, Get, Put } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ChangeInvoiceSettingsRequest } from '../invoices/invoice-life.requests.js';
import { InvoiceSettingsResponse } from '../invoices/invoice-life.responses.js';
import { InvoiceSettingsService, type InvoiceSettings } from '../../invoices/invoice-settings.service.js';

/** How the environment's invoices live. Ours: the contract declares no settings. */
@ApiController('settings/invoices', 'Invoices')
export class InvoiceSettingsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly settings: InvoiceSettingsService,
  ) {}

  /** How invoices of the environment are numbered and finalized. */
  @Get()
  get(@CurrentCaller() caller: Caller): Promise<InvoiceSettingsResponse> {
    return this.uow.read(caller, async (ctx) => shown(await this.settings.get(ctx)));
  }

  /** Changes the invoice settings. They apply to invoices that are drafted or finalized from now on. */
  @Put()
  change(
    @CurrentCaller() caller: Caller,
    @Body() body: ChangeInvoiceSettingsRequest,
  ): Promise<InvoiceSettingsResponse> {
    return this.uow.run(caller, async (ctx) =>
      shown(
        await this.settings.change(ctx, {
          ...(body.finalization_delay_seconds === undefined
            ? {}
            : { finalizationDelaySeconds: body.finalization_delay_seconds }),
          ...(body.due_date_days === undefined ? {} : { dueDateDays: body.due_date_days }),
        }),
      ),
    );
  }
}

const shown = (settings: InvoiceSettings): InvoiceSettingsResponse => ({
  finalization_delay_seconds: settings.finalizationDelaySeconds,
  due_date_days: settings.dueDateDays,
});

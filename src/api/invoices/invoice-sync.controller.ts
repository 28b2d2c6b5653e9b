import { Param, Post, Query, Res } from '@nestjs/common';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { InSteps } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { toMappingResponse } from '../integrations/mappings.responses.js';
import { isThere, ManualSync, type InvoiceSync } from '../../integrations/manual-sync/manual-sync.flow.js';
import { SyncAttempts } from '../../integrations/sync/sync-attempts.service.js';
import { SyncInvoiceQuery } from '../integrations/sync.requests.js';
import { InvoiceSyncResponse, toOperationResponse } from '../integrations/sync.responses.js';

/** Invoices at a provider, asked for by hand: the routes that the guides name, for every provider. */
@ApiController('invoices', 'Integrations')
export class InvoiceSyncController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly manual: ManualSync,
    private readonly attempts: SyncAttempts,
  ) {}

  /**
   * Pushes the invoice to the provider. 200 when it is there already or `wait=true` has pushed it, 202 when it is
   * queued.
   */
  @Post(':id/sync/:provider')
  @InSteps()
  async sync(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('provider') provider: string,
    @Query() query: SyncInvoiceQuery,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<InvoiceSyncResponse> {
    const target = { provider, connectionId: query.connection_id };
    const synced = await this.manual.pushInvoice(caller, id, target, query.wait === 'true');
    reply.status(isThere(synced.mapping) || query.wait === 'true' ? 200 : 202);
    return this.uow.run(caller, (ctx) => this.answer(ctx, provider.toLowerCase(), synced));
  }

  private async answer(ctx: Ctx, provider: string, synced: InvoiceSync): Promise<InvoiceSyncResponse> {
    const { mapping, operation } = synced;
    const named = { [`${provider}_invoice_id`]: mapping?.providerEntityId ?? null };
    return {
      ...named,
      status: mapping?.metadata.status ?? operation?.state ?? 'queued',
      payment_intent_id: mapping?.metadata.payment_id ?? null,
      hosted_invoice_url: mapping?.metadata.hosted_url ?? null,
      invoice_pdf: mapping?.metadata.pdf_url ?? null,
      mapping: mapping === null ? null : toMappingResponse(mapping),
      sync:
        operation === null
          ? null
          : toOperationResponse(operation, await this.attempts.of(ctx, [operation.id])),
    };
  }
}

import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import type { EventType } from '../../domain/events.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Ctx } from '../../platform/context.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import type { RemoteInvoice } from '../../providers/provider-objects.js';
import type { EntityMapping } from '../mappings/mappings.types.js';

/** Ends, and what is on the way to one, by what the provider calls it. */
const TOLD: ReadonlyMap<string, Extract<EventType, `invoice.provider_${string}`>> = new Map([
  ['void', 'invoice.provider_voided'],
  ['uncollectible', 'invoice.provider_written_off'],
  ['past_due', 'invoice.provider_past_due'],
]);

/**
 * What ends at a provider by other means than money is told here once: an event, beside the state that the invoice's
 * metadata shows. Where the connection takes invoices over (`invoice.inbound`), what is void there is void here, unless
 * something has been paid; what was given up there is an adjustment.
 */
@Injectable()
export class RemoteEndings {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly outbox: Outbox,
  ) {}

  /** `before`: what was known of it until now. */
  async follow(
    ctx: Ctx,
    connection: Connection,
    invoiceId: string,
    remote: RemoteInvoice,
    before: EntityMapping | null,
  ): Promise<void> {
    const now = TOLD.has(remote.status) ? remote.status : (remote.state ?? remote.status);
    const type = TOLD.get(now);
    const known = [before?.metadata.status, before?.metadata.state];
    const isSame = before?.providerEntityId === remote.remoteId && known.includes(now);
    if (type === undefined || isSame) return;
    const invoice = await this.invoices.lock(ctx, invoiceId);
    // Void here first: what is told is the echo.
    if (invoice.invoiceStatus !== 'FINALIZED') return;
    await this.outbox.append(ctx, {
      type,
      entityType: 'invoice',
      entityId: invoiceId,
      payload: {
        connection_id: connection.id,
        provider: connection.provider,
        provider_entity_id: remote.remoteId,
      },
    });
    if (remote.status === 'void' && connection.syncConfig.invoice.inbound && invoice.amountPaid === 0n)
      await this.invoices.void(ctx, invoiceId);
  }
}

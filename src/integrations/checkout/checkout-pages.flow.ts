import { Injectable } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import { invalidOperation } from '../../domain/errors.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import {
  CheckoutSessionsService,
  type CheckoutSession,
} from '../checkout-sessions/checkout-sessions.service.js';
import { providerRefusal } from './payment-errors.js';

/** Two open pages for one invoice, or a page beside a charge, are two chances to pay it: pages are closed before anything else begins. */
@Injectable()
export class CheckoutPages {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly connections: ConnectionsService,
    private readonly providers: ProviderSessionsService,
    private readonly sessions: CheckoutSessionsService,
  ) {}

  /** Closes what is open. One that was paid meanwhile, or cannot be closed, is refused with where it is. */
  async close(caller: Caller, invoiceId: string): Promise<void> {
    const open = await this.uow.run(caller, (ctx) => this.sessions.openOf(ctx, invoiceId));
    for (const page of open) await this.closeOne(caller, page);
  }

  /** The invoice is locked: nobody else has a page open, or is just having one made. */
  async assertNone(ctx: Ctx, invoiceId: string): Promise<void> {
    const [page] = await this.sessions.openOf(ctx, invoiceId);
    if (page === undefined && !(await this.sessions.isBeingMade(ctx, invoiceId))) return;
    throw invalidOperation('another page to pay this invoice on has just been asked for', 'checkout_open', {
      url: page?.url ?? null,
    });
  }

  private async closeOne(caller: Caller, page: CheckoutSession): Promise<void> {
    const connection = await this.uow.run(caller, (ctx) => this.connections.find(ctx, page.connectionId));
    // A deleted connection has no key any more; its page ends by itself, within a day.
    const payments = connection === null ? undefined : this.providers.open(connection).payments;
    const remoteId = page.providerSessionId;
    if (connection === null || payments?.expireCheckout === undefined || remoteId === null)
      throw invalidOperation('the invoice can be paid on another page already', 'checkout_open', {
        url: page.url,
      });
    const attempt = { key: `${page.id}:expire`, firstTriedAt: this.clock.now(), number: 1 };
    const remote = await payments.expireCheckout(remoteId, attempt).catch((error: unknown) => {
      throw providerRefusal(connection.provider, error);
    });
    await this.uow.run(caller, (ctx) => this.sessions.recordRemote(ctx, connection.id, remote));
    if (remote.status === 'complete')
      throw invalidOperation('the invoice is being paid on an earlier page', 'checkout_complete', {
        payment_id: page.paymentId,
      });
  }
}

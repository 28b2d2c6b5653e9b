import { Injectable, type OnModuleInit } from '@nestjs/common';
import { rate } from '../domain/rate.js';
import { needsTopUp, topUpQuantity } from '../domain/wallets/conversion.js';
import { WallClock } from '../platform/time/clock.js';
import type { Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { JobHandlers } from '../platform/jobs/job-handlers.js';
import { JobQueue } from '../platform/jobs/job-queue.js';
import type { JobSpec } from '../platform/jobs/job.js';
import type { OutboxEvent } from '../platform/outbox/outbox-event.js';
import { OutboxSubscribers } from '../platform/outbox/outbox-subscribers.js';
import { WalletLedger } from '../wallets/wallet-ledger.service.js';
import { WalletTopUps } from '../wallets/wallet-topups.service.js';
import { WalletBalance } from './wallet-balance.service.js';
import { WalletInvoicing } from './wallet-invoicing.service.js';

const LOOK_JOB = 'wallet.auto_topup';
const WATCH_JOB = 'wallet.auto_topup.watch';

declare module '../platform/jobs/job-map.js' {
  interface JobMap {
    'wallet.auto_topup': OutboxEvent<'wallet.created' | 'wallet.updated' | 'wallet.debited'>;
    'wallet.auto_topup.watch': { readonly walletId: string };
  }
}

/** Usage says nothing when it comes in, so wallets with automatic top-up are looked at: this often, in real time. */
const WATCH_EVERY_MS = 60_000;

/** Fills wallets up by themselves when their real-time balance has fallen to the threshold. */
@Injectable()
export class WalletAutoTopUp implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    private readonly queue: JobQueue,
    private readonly subscribers: OutboxSubscribers,
    private readonly ledger: WalletLedger,
    private readonly topUps: WalletTopUps,
    private readonly balance: WalletBalance,
    private readonly invoicing: WalletInvoicing,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({
      jobKind: LOOK_JOB,
      eventTypes: ['wallet.created', 'wallet.updated', 'wallet.debited'],
    });
    this.handlers.register({
      kind: LOOK_JOB,
      handle: async ({ caller, payload }) => {
        const { entityId: walletId } = payload;
        await this.uow.run(caller, async (ctx) => {
          const { watched } = await this.look(ctx, walletId);
          if (watched) await this.queue.enqueue(ctx, this.watch(walletId));
        });
        return undefined;
      },
    });
    this.handlers.register({
      kind: WATCH_JOB,
      holdsClock: 'never',
      handle: async ({ caller, payload }) => {
        const { closed } = await this.uow.run(caller, (ctx) => this.look(ctx, payload.walletId));
        // Switched off, it goes on: a look costs little, and switching on again needs no second one.
        return closed ? undefined : { retryAt: this.nextLook(), reason: 'looks until the wallet is closed' };
      },
    });
  }

  private async look(ctx: Ctx, walletId: string): Promise<{ watched: boolean; closed: boolean }> {
    const wallet = await this.ledger.lock(ctx, walletId);
    const { autoTopUp } = wallet;
    const closed = wallet.walletStatus === 'closed';
    if (wallet.walletStatus !== 'active' || autoTopUp?.enabled !== true) return { watched: false, closed };
    const { credits } = await this.balance.realTime(ctx, wallet);
    const quantity = topUpQuantity({ credits: rate(autoTopUp.amount) }, wallet.topUpConversionRate);
    if (
      quantity !== undefined &&
      needsTopUp(credits, rate(autoTopUp.threshold)) &&
      !(await this.topUps.isAwaitingPayment(ctx, walletId))
    )
      await this.invoicing.topUp(
        ctx,
        wallet,
        {
          reason: autoTopUp.invoicing ? 'PURCHASED_CREDIT_INVOICED' : 'PURCHASED_CREDIT_DIRECT',
          quantity,
          description: 'Automatic top-up',
          metadata: { auto_topup: 'true' },
        },
        { automatic: true },
      );
    return { watched: true, closed };
  }

  private watch(walletId: string): JobSpec<typeof WATCH_JOB> {
    return { kind: WATCH_JOB, key: walletId, payload: { walletId }, runAt: this.nextLook() };
  }

  private nextLook(): Date {
    return new Date(this.clock.now().getTime() + WATCH_EVERY_MS);
  }
}

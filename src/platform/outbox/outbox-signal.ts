import { Injectable } from '@nestjs/common';
import type { Ctx } from '../context.js';

export const OUTBOX_CHANNEL = 'billing_outbox';

/** Wakes a relay as soon as a transaction with events commits: this process's own, or any that listens. */
@Injectable()
export class OutboxSignal {
  private local: (() => void) | undefined;

  /** The relay of this process, when it has one. */
  connect(wake: (() => void) | undefined): void {
    this.local = wake;
  }

  async raise(ctx: Ctx): Promise<void> {
    const wake = this.local;
    if (wake !== undefined) ctx.afterCommit(wake);
    else await ctx.em.query(`SELECT pg_notify('${OUTBOX_CHANNEL}', '')`);
  }
}

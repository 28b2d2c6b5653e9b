import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ClockFollowers, type ClockFollower } from '../platform/clock/clock-followers.js';
import { EnvironmentClock } from '../platform/clock/environment-clock.js';
import type { Caller } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { movePlayedClock } from '../providers/played-clock.js';
import { ProvidersService } from '../providers/providers.service.js';
import { ConnectionsService } from './connections.service.js';
import type { Connection } from './connections.types.js';

/** Should nobody move it on by then, it runs on by itself. */
const STANDS_MS = 30_000;

/**
 * Lets a provider that is played follow the clock of a test environment that is connected to it, where the settings say where
 * it takes orders for its clock. A real provider has no such place, and a live environment no clock that could be moved.
 */
@Injectable()
export class ProviderClocks implements OnModuleInit {
  private readonly logger = new Logger(ProviderClocks.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: EnvironmentClock,
    private readonly followers: ClockFollowers,
    private readonly providers: ProvidersService,
    private readonly connections: ConnectionsService,
  ) {}

  onModuleInit(): void {
    this.followers.register((caller) => this.of(caller));
  }

  /** A connection that is new begins in its environment's present: nobody may live in another's past. */
  async align(caller: Caller, { id, provider, accountId }: Connection): Promise<void> {
    const url = this.providers.clockUrl(provider);
    if (url === undefined || accountId === null) return;
    const now = await this.uow.run(caller, (ctx) => this.clock.movableNow(ctx));
    if (now === null) return;
    try {
      await movePlayedClock(url, accountId, now);
    } catch (error) {
      // The next advance tries again, and says so to whoever asked for it.
      this.logger.warn({ event: 'connection.clock_not_moved', connection_id: id, err: error });
    }
  }

  private async of(caller: Caller): Promise<readonly ClockFollower[]> {
    if (!this.providers.hasClocks) return [];
    const connections = await this.uow.read(caller, (ctx) => this.connections.listAll(ctx));
    const byAccount = new Map<string, ClockFollower>();
    for (const { id, provider, accountId } of connections) {
      const url = this.providers.clockUrl(provider);
      if (url === undefined || accountId === null) continue;
      byAccount.set(`${provider} ${accountId}`, {
        kind: 'provider.clock',
        key: id,
        follow: (to, then) => movePlayedClock(url, accountId, to, then === 'stand' ? STANDS_MS : 0),
      });
    }
    return [...byAccount.values()];
  }
}

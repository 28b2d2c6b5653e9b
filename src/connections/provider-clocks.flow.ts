import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ClockFollowers, type ClockFollower } from '../platform/clock/clock-followers.js';
import type { Caller } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { movePlayedClock } from '../providers/played-clock.js';
import { ProvidersService } from '../providers/providers.service.js';
import { ConnectionsService } from './connections.service.js';

/**
 * Lets a provider that is played follow the clock of a test environment that is connected to it, where the settings say where
 * it takes orders for its clock. A real provider has no such place, and a live environment no clock that could be moved.
 */
@Injectable()
export class ProviderClocks implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly followers: ClockFollowers,
    private readonly providers: ProvidersService,
    private readonly connections: ConnectionsService,
  ) {}

  onModuleInit(): void {
    this.followers.register((caller) => this.of(caller));
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
        follow: (to) => movePlayedClock(url, accountId, to),
      });
    }
    return [...byAccount.values()];
  }
}

import { Injectable } from '@nestjs/common';
import type { Caller } from '../context.js';

/** How something stands whose clock follows an environment's. */
export interface Followed {
  /** When it will next do something by itself; null when never. */
  readonly nextAt: Date | null;
  /** How many messages it has told us since it was asked the last time. */
  readonly delivered: number;
  /** How many messages to us are on their way, or wait to be sent again. */
  readonly undelivered: number;
}

/** Something outside whose clock goes with that of a test environment: a provider that is played. */
export interface ClockFollower {
  /** What it is, and which: `provider.clock` and the id of a connection. */
  readonly kind: string;
  readonly key: string;
  /**
   * Moves it to that instant, unless it is there already, and waits until it has told us what that has made it do. There it
   * stands until it is moved on, or runs on, as the way is over. An exception says why it could not.
   */
  follow(to: Date, then: 'stand' | 'run'): Promise<Followed>;
}

/** Finds what follows the clock of an environment. */
export type FollowersOf = (caller: Caller) => Promise<readonly ClockFollower[]>;

@Injectable()
export class ClockFollowers {
  private readonly sources: FollowersOf[] = [];

  register(source: FollowersOf): void {
    this.sources.push(source);
  }

  async of(caller: Caller): Promise<readonly ClockFollower[]> {
    return (await Promise.all(this.sources.map((source) => source(caller)))).flat();
  }
}

import { SyncEngine } from '../../../src/integrations/sync/sync-engine.flow.js';
import type { Road } from '../road.js';
import type { Crash } from './misfortunes.js';

interface Inner {
  call(caller: unknown, claim: Ready, calls: unknown): Promise<unknown>;
  record(ctx: unknown, claim: Ready, ...rest: unknown[]): Promise<unknown>;
}
interface Ready {
  readonly operation: {
    readonly id: string;
    readonly environmentId: string;
    readonly entityType: string;
    readonly action: string;
  };
  readonly attempt: { readonly number: number };
}

interface Striking {
  readonly struck: () => boolean;
  readonly wake: () => void;
  readonly remove: () => void;
}

interface Arranged {
  readonly crash: Crash;
  readonly isMeant: (operation: Ready['operation']) => boolean;
  readonly awake: Promise<void>;
  struck: string | undefined;
}

/** Kills workers in the middle, as far as anybody can tell: what they would have written is not written, or written late. */
export class Crashes {
  private readonly arranged = new Set<Arranged>();

  constructor(road: Road) {
    const engine: Inner = road.server.app.get<never>(SyncEngine, { strict: false });
    const call = engine.call.bind(engine);
    const record = engine.record.bind(engine);
    engine.call = (caller, claim, calls) => {
      const meant = this.strike(claim, ['dies before it calls']);
      return meant === undefined ? call(caller, claim, calls) : Promise.reject(new Error('the worker died'));
    };
    engine.record = async (ctx, claim, ...rest) => {
      const meant = this.strike(claim, ['dies before it records', 'sleeps before it records']);
      if (meant?.crash === 'dies before it records') throw new Error('the worker died');
      await meant?.awake;
      return record(ctx, claim, ...rest);
    };
  }

  /** Strikes the next try of such an operation, once. Answers what it has struck, and how to wake up who sleeps. */
  arrange(crash: Crash, isMeant: Arranged['isMeant']): Striking {
    let wake = (): void => undefined;
    const arranged: Arranged = {
      crash,
      isMeant,
      awake: new Promise((resolve) => {
        wake = resolve;
      }),
      struck: undefined,
    };
    this.arranged.add(arranged);
    return {
      struck: () => arranged.struck !== undefined,
      wake,
      remove: () => {
        wake();
        this.arranged.delete(arranged);
      },
    };
  }

  private strike({ operation, attempt }: Ready, crashes: readonly Crash[]): Arranged | undefined {
    const tried = `${operation.id} ${attempt.number}`;
    for (const one of this.arranged)
      if (crashes.includes(one.crash) && one.isMeant(operation)) {
        one.struck ??= tried;
        // What is recorded of a try is written in two ways; both die.
        if (one.struck === tried) return one;
      }
    return undefined;
  }
}

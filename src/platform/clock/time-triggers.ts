import { Injectable } from '@nestjs/common';
import type { Caller, Ctx } from '../context.js';

/** Something that time alone makes happen in an environment: a billing period ends, a credit expires. */
export interface TimeTrigger {
  readonly name: string;
  /** The earliest instant of the environment's time at which there is something to do; null when there is nothing. */
  nextDueAt(ctx: Ctx): Promise<Date | null>;
  /** Does everything that is due by the environment's present. Safe to run in several processes at once. */
  run(caller: Caller): Promise<void>;
}

/** A trigger, and when it is due. */
export interface TriggerDue {
  readonly trigger: TimeTrigger;
  readonly at: Date;
}

@Injectable()
export class TimeTriggers {
  private readonly triggers: TimeTrigger[] = [];

  register(trigger: TimeTrigger): void {
    this.triggers.push(trigger);
  }

  all(): readonly TimeTrigger[] {
    return this.triggers;
  }

  /** Those that have something to do at all, in the order in which they are run. Asked together: one trip. */
  async due(ctx: Ctx): Promise<readonly TriggerDue[]> {
    const found = await Promise.all(
      this.triggers.map(async (trigger) => ({ trigger, at: await trigger.nextDueAt(ctx) })),
    );
    return found.flatMap(({ trigger, at }) => (at === null ? [] : [{ trigger, at }]));
  }
}

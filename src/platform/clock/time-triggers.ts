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

@Injectable()
export class TimeTriggers {
  private readonly triggers: TimeTrigger[] = [];

  register(trigger: TimeTrigger): void {
    this.triggers.push(trigger);
  }

  all(): readonly TimeTrigger[] {
    return this.triggers;
  }

  async nextDueAt(ctx: Ctx): Promise<Date | null> {
    let earliest: Date | null = null;
    for (const trigger of this.triggers) {
      const due = await trigger.nextDueAt(ctx);
      if (due !== null && (earliest === null || due < earliest)) earliest = due;
    }
    return earliest;
  }
}

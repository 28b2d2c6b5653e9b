import { Injectable, Logger } from '@nestjs/common';
import { WallClock } from '../time/clock.js';
import { SYSTEM_ACTOR, type Caller } from '../context.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { TimeTriggers } from './time-triggers.js';

/** Looks at every environment's time and lets happen what is due. */
@Injectable()
export class Ticker {
  private readonly logger = new Logger(Ticker.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly triggers: TimeTriggers,
  ) {}

  async tick(): Promise<void> {
    const environments = await this.uow.runSystem(
      async (em) =>
        await em.query<
          {
            id: string;
            tenant_id: string;
          }[]
        >(
          // Whoever moves a clock does what is due on the way, in their order.
          `SELECT id, tenant_id FROM environments e
            WHERE status = 'published' AND NOT EXISTS (
              SELECT 1 FROM environment_clocks c WHERE c.environment_id = e.id AND c.held_until > $1)
            ORDER BY id`,
          [this.clock.now()],
        ),
    );
    for (const environment of environments)
      await this.tickOne({
        scope: { tenantId: environment.tenant_id, environmentId: environment.id },
        actor: SYSTEM_ACTOR,
        requestId: 'tick',
      });
  }

  private async tickOne(caller: Caller): Promise<void> {
    for (const trigger of this.triggers.all()) {
      try {
        const due = await this.uow.run(caller, async (ctx) => {
          const at = await trigger.nextDueAt(ctx);
          return at !== null && at <= ctx.now;
        });
        if (due) await trigger.run(caller);
      } catch (error) {
        // One environment's trouble must not stop the others' clocks.
        this.logger.error({
          event: 'tick.failed',
          trigger: trigger.name,
          environment_id: caller.scope.environmentId,
          err: error,
        });
      }
    }
  }
}

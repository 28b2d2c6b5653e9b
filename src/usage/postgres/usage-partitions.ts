import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { WallClock } from '../../platform/time/clock.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { PeriodicTasks } from '../../platform/jobs/periodic-tasks.js';
import { USAGE_OPTIONS, type UsageOptions } from '../usage.types.js';

const EVERY_MS = 6 * 60 * 60 * 1000;
const MONTHS_AHEAD = 13;

/** Makes the months to come, and drops those that are kept no longer. */
@Injectable()
export class UsagePartitions implements OnModuleInit {
  private readonly logger = new Logger(UsagePartitions.name);

  constructor(
    @Inject(USAGE_OPTIONS) private readonly options: UsageOptions,
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly periodic: PeriodicTasks,
  ) {}

  onModuleInit(): void {
    this.periodic.register({
      name: 'usage-partitions',
      everyMs: EVERY_MS,
      run: async () => {
        await this.maintain();
      },
    });
  }

  /** How many partitions were made and dropped. */
  async maintain(): Promise<{ readonly made: number; readonly dropped: number }> {
    const now = this.clock.now();
    const { retentionMonths } = this.options;
    const changed = await this.uow.runSystem(async (em) => {
      const [{ made } = { made: 0 }] = await em.query<{ made: number }[]>(
        'SELECT billing.ensure_usage_partitions($1, $2) AS made',
        [now, inMonths(now, MONTHS_AHEAD)],
      );
      if (retentionMonths === undefined) return { made, dropped: 0 };
      const [{ dropped } = { dropped: 0 }] = await em.query<{ dropped: number }[]>(
        'SELECT billing.drop_usage_partitions($1) AS dropped',
        [inMonths(now, -retentionMonths)],
      );
      await em.query('SELECT billing.drop_usage_rollups($1)', [inMonths(now, -retentionMonths)]);
      return { made, dropped };
    });
    if (changed.made + changed.dropped > 0)
      this.logger.log({ event: 'usage.partitions_changed', ...changed });
    return changed;
  }
}

/** The first of that month: the day does not matter to months, and the 31st has no twin in all of them. */
const inMonths = (from: Date, months: number): Date =>
  new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, 1));

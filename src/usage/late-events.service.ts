import { Inject, Injectable } from '@nestjs/common';
import type { Period } from '../domain/period.js';
import type { Ctx } from '../platform/context.js';
import { USAGE_STORE, type UsageStore } from './usage-store.js';
import { USAGE_OPTIONS, type LateEventsQuery, type UsageOptions } from './usage.types.js';

/** Finds events that arrived after the period in which they happened was over. */
@Injectable()
export class LateEventsService {
  constructor(
    @Inject(USAGE_OPTIONS) private readonly options: UsageOptions,
    @Inject(USAGE_STORE) private readonly store: UsageStore,
  ) {}

  /** For each query the span in which its customer's late events have happened; null where none is late. */
  spans(ctx: Ctx, queries: readonly LateEventsQuery[]): Promise<(Period | null)[]> {
    return this.store.lateSpans(ctx, queries);
  }

  /** Events of before that instant may have been dropped: what they come to cannot be told any more. Null: all are kept. */
  keptSince(now: Date): Date | null {
    const { retentionMonths } = this.options;
    if (retentionMonths === undefined) return null;
    const since = new Date(now);
    since.setUTCMonth(since.getUTCMonth() - retentionMonths);
    return since;
  }
}

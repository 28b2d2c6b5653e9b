import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** A house further right that wants to hear of events: each gets a job of its own, so one failing does not stop another. */
export interface OutboxSubscriber {
  /** Names the jobs' kind; a handler of that kind must be registered. */
  readonly jobKind: string;
  readonly eventTypes: readonly string[];
  /** False where the event's payload says that there is nothing to do: it makes no job. */
  readonly concerns?: (payload: Readonly<Record<string, unknown>>) => boolean;
  /**
   * Of those environments, the ones in which anybody would act on the events: in the others they make no jobs. Asked by
   * the relay's transaction, which sees whatever was committed before the events. Without it: all.
   */
  readonly heardIn?: (em: EntityManager, environmentIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

@Injectable()
export class OutboxSubscribers {
  private readonly byType = new Map<string, OutboxSubscriber[]>();

  register(subscriber: OutboxSubscriber): void {
    for (const type of subscriber.eventTypes)
      this.byType.set(type, [...(this.byType.get(type) ?? []), subscriber]);
  }

  of(type: string): readonly OutboxSubscriber[] {
    return this.byType.get(type) ?? [];
  }
}

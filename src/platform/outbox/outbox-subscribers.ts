import { Injectable } from '@nestjs/common';

/** A house further right that wants to hear of events: each gets a job of its own, so one failing does not stop another. */
export interface OutboxSubscriber {
  /** Names the jobs' kind; a handler of that kind must be registered. */
  readonly jobKind: string;
  readonly eventTypes: readonly string[];
}

@Injectable()
export class OutboxSubscribers {
  private readonly byType = new Map<string, string[]>();

  register(subscriber: OutboxSubscriber): void {
    for (const type of subscriber.eventTypes)
      this.byType.set(type, [...(this.byType.get(type) ?? []), subscriber.jobKind]);
  }

  jobKindsFor(type: string): readonly string[] {
    return this.byType.get(type) ?? [];
  }
}

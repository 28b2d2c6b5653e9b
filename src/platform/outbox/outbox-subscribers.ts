import { Injectable } from '@nestjs/common';
import type { DomainEvent } from './outbox.js';

/** A house further right that wants to hear of events: each gets a job of its own, so one failing does not stop another. */
export interface OutboxSubscriber {
  /** Names the jobs' kind; a handler of that kind must be registered. */
  readonly jobKind: string;
  readonly eventTypes: readonly string[];
}

export interface RelayedEvent extends DomainEvent {
  readonly sequence: string;
  readonly occurredAt: Date;
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

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { EventType } from '../../domain/events.js';
import type { JobKind, JobMap } from '../jobs/job-map.js';
import type { OutboxEvent } from './outbox-event.js';

/** The kinds of jobs that take each of those events as their payload. */
type SubscriberJobKind<T extends EventType> = {
  [K in JobKind]: OutboxEvent<T> extends JobMap[K] ? K : never;
}[JobKind];

/** A module further right that reads events. Each event becomes a job of its own, so that one failure stops no other. */
export interface OutboxSubscriber<T extends EventType = EventType> {
  /** The kind of the jobs; a handler of that kind must be registered. */
  readonly jobKind: SubscriberJobKind<T>;
  readonly eventTypes: readonly T[];
  /** False for an event that needs no job. */
  readonly concerns?: (event: OutboxEvent<T>) => boolean;
  /**
   * Of those environments, the ones in which anybody would act on the events: in the others they make no jobs. Asked by
   * the relay's transaction, which sees whatever was committed before the events. Without it: all.
   */
  readonly activeEnvironments?: (
    em: EntityManager,
    environmentIds: readonly string[],
  ) => Promise<ReadonlySet<string>>;
}

/** A subscriber among others: {@link OutboxSubscribers.register} has checked that its job takes its events. */
export interface RegisteredSubscriber {
  readonly jobKind: JobKind;
  readonly concerns?: (event: OutboxEvent) => boolean;
  readonly activeEnvironments?: OutboxSubscriber['activeEnvironments'];
}

@Injectable()
export class OutboxSubscribers {
  private readonly byType = new Map<string, RegisteredSubscriber[]>();

  register<T extends EventType>(subscriber: OutboxSubscriber<T>): void {
    // `of` finds a subscriber by its own types only, so `concerns` gets no other event.
    const registered = subscriber as unknown as RegisteredSubscriber;
    for (const type of subscriber.eventTypes)
      this.byType.set(type, [...(this.byType.get(type) ?? []), registered]);
  }

  of(type: string): readonly RegisteredSubscriber[] {
    return this.byType.get(type) ?? [];
  }
}

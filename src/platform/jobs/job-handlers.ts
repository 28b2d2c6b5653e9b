import { Injectable } from '@nestjs/common';
import type { HoldsClock, JobHandler, JobQueueName } from './job.js';
import type { JobKind } from './job-map.js';

/** The handlers of this process by kind; modules add theirs when they start. */
@Injectable()
export class JobHandlers {
  private readonly handlers = new Map<string, JobHandler>();

  register<K extends JobKind>(handler: JobHandler<K>): void {
    if (this.handlers.has(handler.kind)) throw new Error(`two handlers for jobs of kind ${handler.kind}`);
    // `find` by kind gives it jobs of that kind only.
    this.handlers.set(handler.kind, handler as unknown as JobHandler);
  }

  queueOf(kind: string): JobQueueName {
    return this.handlers.get(kind)?.queue ?? 'main';
  }

  /** The kinds that hold the clock so. */
  holdingClock(how: HoldsClock): string[] {
    return [...this.handlers.values()]
      .filter(({ holdsClock = 'until_done' }) => holdsClock === how)
      .map(({ kind }) => kind);
  }

  find(kind: string): JobHandler | undefined {
    return this.handlers.get(kind);
  }
}

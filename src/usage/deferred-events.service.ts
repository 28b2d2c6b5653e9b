import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { fieldErrors } from '../domain/errors.js';
import type { Ctx } from '../platform/context.js';
import { ALLOW_CARD_NUMBERS } from '../platform/http/card-number-fields.js';
import { newId } from '../platform/ids.js';
import { JobHandlers } from '../platform/jobs/job-handlers.js';
import { JobQueue } from '../platform/jobs/job-queue.js';
import { isIncomingEvent, readEvent } from './read-event.js';
import { UsageService } from './usage.service.js';

const INGEST_JOB = 'usage.ingest';

declare module '../platform/jobs/job-map.js' {
  interface JobMap {
    'usage.ingest': { readonly event: Readonly<Record<string, unknown>> };
  }
}

/**
 * Events that belong to a transaction. Events are stored together with those of others, so one that is to be there only if
 * something else is, is written down as a job in that transaction. It counts moments after the commit.
 */
@Injectable()
export class DeferredEvents implements OnModuleInit {
  constructor(
    private readonly handlers: JobHandlers,
    private readonly queue: JobQueue,
    private readonly usage: UsageService,
    @Inject(ALLOW_CARD_NUMBERS) private readonly allowCardNumbers: boolean,
  ) {}

  onModuleInit(): void {
    this.handlers.register({
      kind: INGEST_JOB,
      handle: async ({ caller, payload }) => {
        const { event } = payload;
        await this.usage.ingest(caller, [event], JSON.stringify(event).length, () => '');
        return undefined;
      },
    });
  }

  /** Answers the id of the event. A job that runs twice stores it once. */
  async add(ctx: Ctx, body: Readonly<Record<string, unknown>>): Promise<string> {
    const id = newId('event');
    const read = readEvent(body, {
      now: ctx.now,
      allowCardNumbers: this.allowCardNumbers,
      newId: () => id,
    });
    if (!isIncomingEvent(read)) throw fieldErrors(read);
    await this.queue.enqueue(ctx, {
      kind: INGEST_JOB,
      payload: { event: { timestamp: ctx.now.toISOString(), ...body, event_id: read.id } },
    });
    return read.id;
  }
}

import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Histogram } from 'prom-client';
import { WallClock } from '../platform/time/clock.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import type { JobOutcome, JobRun } from '../platform/jobs/job.js';
import { JobHandlers } from '../platform/jobs/job-handlers.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { DELIVER_JOB, WebhookDeliveriesService, type DeliveryWork } from './webhook-deliveries.service.js';
import { WebhookSender } from './webhook-sender.js';

declare module '../platform/jobs/job-map.js' {
  interface JobMap {
    'notification.deliver': DeliveryWork;
  }
}

type Run = JobRun<typeof DELIVER_JOB>;

const AGAIN_AFTER_MS = 60_000;

/** Should a machine fail and lose it, so is the end of the job, which is written after it: the message is sent once more. */
const LOSABLE = { isBookkeeping: true };

/** One try of one delivery: written down, made outside of any transaction, and its end written down. */
@Injectable()
export class WebhookDeliveryFlow implements OnModuleInit {
  private readonly logger = new Logger(WebhookDeliveryFlow.name);
  private readonly tries: Histogram<'taken'>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    private readonly deliveries: WebhookDeliveriesService,
    private readonly sender: WebhookSender,
    metrics: Metrics,
  ) {
    this.tries = metrics.histogram({
      name: 'webhook_try_duration_seconds',
      help: 'Time of tries to tell endpoints, by whether they were taken',
      labels: ['taken'],
    });
  }

  onModuleInit(): void {
    this.handlers.register({
      kind: DELIVER_JOB,
      holdsClock: 'while_due',
      queue: 'outbound-http',
      handle: (run) => this.deliverOrWait(run),
    });
  }

  /**
   * Deliveries go on for days, and a job that fails after its first day is parked: whatever goes wrong here (a database that
   * is away for a moment) must not end one.
   */
  private async deliverOrWait(run: Run): Promise<JobOutcome | undefined> {
    try {
      return await this.deliver(run);
    } catch (error) {
      this.logger.error({ event: 'webhook.delivery_failed', job_id: run.jobId, err: error });
      return { retryAt: new Date(this.clock.now().getTime() + AGAIN_AFTER_MS), reason: String(error) };
    }
  }

  private async deliver({ caller, payload: work }: Run): Promise<JobOutcome | undefined> {
    const begun = await this.uow.run(caller, (ctx) => this.deliveries.begin(ctx, work), LOSABLE);
    if (begun === undefined) return undefined;
    if ('waitUntil' in begun) return { retryAt: begun.waitUntil, reason: 'the endpoint rests' };
    const ended = this.tries.startTimer();
    const answer = await this.sender.send(begun.request);
    ended({ taken: String(answer.error === null) });
    const next = await this.uow.run(caller, (ctx) => this.deliveries.finish(ctx, begun, answer), LOSABLE);
    if (answer.error !== null)
      this.logger.warn({
        event: 'webhook.not_taken',
        delivery_id: work.deliveryId,
        endpoint_id: begun.endpointId,
        http_status: answer.httpStatus,
        reason: answer.error,
        next_try_at: next,
      });
    return next === undefined ? undefined : { retryAt: next, reason: answer.error ?? '' };
  }
}

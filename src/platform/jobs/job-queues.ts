import type { Announcement, JobQueueName, JobTransport } from './job.js';
import type { JobHandlers } from './job-handlers.js';

/** A transport for each queue: what one queue waits for holds up nothing of another. */
export class JobQueues implements JobTransport {
  constructor(
    private readonly handlers: JobHandlers,
    private readonly transports: Readonly<Record<JobQueueName, JobTransport>>,
  ) {}

  get delivers(): boolean {
    return this.transports.main.delivers;
  }

  announce(jobs: readonly Announcement[]): void {
    for (const [queue, transport] of Object.entries(this.transports)) {
      const own = jobs.filter(({ kind }) => this.handlers.queueOf(kind) === queue);
      if (own.length > 0) transport.announce(own);
    }
  }

  async start(run: (jobId: string) => Promise<void>): Promise<void> {
    for (const transport of Object.values(this.transports)) await transport.start(run);
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.transports).map((transport) => transport.stop()));
  }
}

import { Injectable } from '@nestjs/common';
import { invalidOperation, notFound } from '../../domain/errors.js';
import type { Ctx } from '../context.js';
import { findRow } from '../database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../http/list-query.js';
import { JobEntity, type JobState } from './job.entity.js';
import type { KeyedJobSpec } from './job.js';
import { JobQueue } from './job-queue.js';

const STATES: readonly JobState[] = ['queued', 'running', 'done', 'parked'];

export type Job = Readonly<JobEntity>;

export interface JobSearch extends ListRequest {
  readonly kind?: string;
  /** Parked ones when left out. */
  readonly state?: readonly string[];
}

/** Jobs as an operator sees them: what waits, what is given up for now and why. */
@Injectable()
export class JobsService {
  constructor(private readonly queue: JobQueue) {}

  async get(ctx: Ctx, id: string): Promise<Job> {
    const row = await findRow(ctx.em, JobEntity, { id });
    if (row === null) throw notFound('job', id);
    return row;
  }

  search(ctx: Ctx, request: JobSearch): Promise<{ rows: Job[]; pagination: PaginationResponse }> {
    const states = STATES.filter((state) => (request.state ?? ['parked']).includes(state));
    // As literals: the index of parked ones is not thought of for a parameter.
    const query = ctx.em
      .createQueryBuilder(JobEntity, 'row')
      .where(`row.state IN (${states.map((state) => `'${state}'`).join(', ')})`);
    if (request.kind) query.andWhere('row.kind = :kind', { kind: request.kind });
    return findPage(query, request, { created_at: 'createdAt', run_at: 'runAt' });
  }

  /** Once more, now, with a retry window of its own. */
  async retry(ctx: Ctx, id: string): Promise<Job> {
    const { state, kind, key, payload } = await this.get(ctx, id);
    if (state !== 'parked')
      throw invalidOperation(`the job is ${state}: only a parked one is run again by hand`, 'job_not_parked');
    // As it was enqueued, perhaps by another version.
    await this.queue.requeue(ctx, { kind, key, payload } as unknown as KeyedJobSpec);
    return this.get(ctx, id);
  }
}

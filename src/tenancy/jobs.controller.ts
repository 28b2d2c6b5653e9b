import { Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { IsString } from 'class-validator';
import type { Caller } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { IsWordList, Optional } from '../platform/http/fields.js';
import { ListRequest, PaginationResponse } from '../platform/http/list-query.js';
import { JobsQueries, type Job } from '../platform/jobs/jobs.queries.js';
import { ApiController, CurrentCaller } from './api-controller.js';

export class ListJobsQuery extends ListRequest {
  /** `webhook.store`, `sync.run`, … */
  @Optional()
  @IsString()
  kind?: string;

  /** `parked` when left out. Jobs that are done are kept for seven days. */
  @Optional()
  @IsWordList(['queued', 'running', 'done', 'parked'])
  state?: string[];
}

export class JobResponse {
  id!: string;
  kind!: string;
  /** What it is about, or its own id. */
  key!: string;
  /** `queued`, `running`, `done`, `parked`: given up for now. */
  state!: string;
  attempts!: number;
  /** When it is due. */
  run_at!: Date;
  last_error!: string | null;
  finished_at!: Date | null;
  created_at!: Date;
  updated_at!: Date;
}

export class ListJobsResponse {
  items!: JobResponse[];
  pagination!: PaginationResponse;
}

/** Work for later, and what has become of it. What is in a job stays there: it may hold what others have told. */
@ApiController('jobs', 'Operations')
export class JobsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly jobs: JobsQueries,
  ) {}

  @Get()
  list(@CurrentCaller() caller: Caller, @Query() query: ListJobsQuery): Promise<ListJobsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.jobs.search(ctx, query);
      return { items: rows.map(toJobResponse), pagination };
    });
  }

  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<JobResponse> {
    return this.uow.read(caller, async (ctx) => toJobResponse(await this.jobs.get(ctx, id)));
  }

  /** A parked job once more, now, and for another day if it fails. */
  @Post(':id/retry')
  @HttpCode(202)
  retry(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<JobResponse> {
    return this.uow.run(caller, async (ctx) => toJobResponse(await this.jobs.retry(ctx, id)));
  }
}

const toJobResponse = (row: Job): JobResponse => ({
  id: row.id,
  kind: row.kind,
  key: row.key,
  state: row.state,
  attempts: row.attempts,
  run_at: row.runAt,
  last_error: row.lastError,
  finished_at: row.finishedAt,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
});

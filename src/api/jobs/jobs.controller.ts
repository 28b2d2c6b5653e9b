import { Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { JobsService } from '../../platform/jobs/jobs.service.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ListJobsQuery } from './jobs.requests.js';
import { JobResponse, ListJobsResponse, toJobResponse } from './jobs.responses.js';

/** Work for later, and what has become of it. What is in a job stays there: it may hold what others have told. */
@ApiController('jobs', 'Operations')
export class JobsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly jobs: JobsService,
  ) {}

  /** Background jobs by state and kind. */
  @Get()
  list(@CurrentCaller() caller: Caller, @Query() query: ListJobsQuery): Promise<ListJobsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.jobs.search(ctx, query);
      return { items: rows.map(toJobResponse), pagination };
    });
  }

  /** One background job. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<JobResponse> {
    return this.uow.read(caller, async (ctx) => toJobResponse(await this.jobs.get(ctx, id)));
  }

  /** Runs a parked job again, now, and retries it for another day if it fails. */
  @Post(':id/retry')
  @HttpCode(202)
  retry(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<JobResponse> {
    return this.uow.run(caller, async (ctx) => toJobResponse(await this.jobs.retry(ctx, id)));
  }
}

import { Get, Query, Req } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { TimelineQueries } from './timeline.queries.js';
import { TimelineQuery } from './timeline.requests.js';
import { TimelineResponse } from './timeline.responses.js';

@ApiController('integrations', 'Integrations')
export class TimelineController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: TimelineQueries,
  ) {}

  /**
   * What was synced of one entity, at all providers: each operation, each attempt with its answer, and each webhook
   * about it.
   */
  @Get('timeline')
  timeline(
    @CurrentCaller() caller: Caller,
    @Query() query: TimelineQuery,
    @Req() { originalUrl }: { readonly originalUrl: string },
  ): Promise<TimelineResponse> {
    const [base = ''] = originalUrl.split('/integrations/timeline');
    return this.uow.read(caller, (ctx) => this.queries.timeline(ctx, query, base));
  }
}

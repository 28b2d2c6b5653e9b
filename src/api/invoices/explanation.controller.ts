import { Get, Param, Query } from '@nestjs/common';
import { LineExplanations } from '../../billing/explanations/line-explanations.service.js';
import { fieldErrors } from '../../domain/errors.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { UsageService } from '../../usage/usage.service.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { parseEventKey } from '../events/usage.responses.js';
import { ExplainLineQuery } from './explanation.requests.js';
import { LineExplanationResponse, toLineExplanationResponse } from './explanation.responses.js';

const DEFAULT_LIMIT = 20;

@ApiController('invoices', 'Invoices')
export class ExplanationController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly explanations: LineExplanations,
    private readonly usage: UsageService,
  ) {}

  /**
   * How the amount of a line came about: the quantity, its price by tiers, commitments, rounding, and after that
   * discounts, tax and credits. The steps add up to the amount that was billed. Usage is rated again for it: where that
   * gives another amount now, the answer has both. The events behind the quantity come in pages.
   */
  @Get(':id/lines/:line/explanation')
  explain(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('line') line: string,
    @Query() query: ExplainLineQuery,
  ): Promise<LineExplanationResponse> {
    const after = query.cursor === undefined ? undefined : parseEventKey(query.cursor);
    if (query.cursor !== undefined && after === undefined)
      throw fieldErrors({ cursor: 'cursor is not one that an explanation has given' });
    return this.uow.read(caller, async (ctx) => {
      const explanation = await this.explanations.explain(ctx, id, line);
      const { quantity } = explanation;
      const events =
        quantity === null
          ? null
          : await this.usage.eventsOf(ctx, quantity.events, { limit: query.limit ?? DEFAULT_LIMIT, after });
      return toLineExplanationResponse(ctx, explanation, events);
    });
  }
}

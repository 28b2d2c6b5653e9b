import { Delete, Param } from '@nestjs/common';
import { invalidOperation } from '../../domain/errors.js';
import { FeaturesService } from '../../features/features.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { EntitlementsService } from '../../plans/entitlements.service.js';

/** Stands here, right of the features, because entitlements have a say in it. */
@ApiController('features', 'Features')
export class FeatureRemovalController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly features: FeaturesService,
    private readonly entitlements: EntitlementsService,
  ) {}

  /**
   * Deletes a feature. Refused while a plan, an addon or a subscription entitles to it. Its meter accepts no new
   * prices afterwards.
   */
  @Delete(':id')
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, async (ctx) => {
      const { pagination } = await this.entitlements.search(ctx, { feature_ids: [id], limit: 1 });
      if (pagination.total > 0)
        throw invalidOperation('an entitlement refers to the feature', 'feature_in_use', { id });
      await this.features.delete(ctx, id);
    });
    return { message: 'feature deleted successfully' };
  }
}

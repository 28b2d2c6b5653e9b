import { Body, HttpCode, Param, Post, Put } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import {
  CloneFeatureRequest,
  CreateFeatureRequest,
  ReportingUnitRequest,
  SearchFeaturesRequest,
  UpdateFeatureRequest,
  type CreateMeterRequest,
} from './features.requests.js';
import { FeatureResponse, ListFeaturesResponse, toFeatureResponse } from './features.responses.js';
import { FeaturesService, type MeterInput } from '../../features/features.service.js';
import type { ReportingUnit } from '../../features/features.types.js';

@ApiController('features', 'Features')
export class FeaturesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly features: FeaturesService,
  ) {}

  /** Creates a feature; a metered one together with its meter. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreateFeatureRequest): Promise<FeatureResponse> {
    return this.uow.run(caller, async (ctx) =>
      toFeatureResponse(
        await this.features.create(ctx, {
          name: body.name,
          type: body.type,
          lookupKey: body.lookup_key,
          description: body.description,
          unitSingular: body.unit_singular,
          unitPlural: body.unit_plural,
          reportingUnit: body.reporting_unit && reportingUnit(body.reporting_unit),
          metadata: body.metadata,
          meter: body.meter_id ?? (body.meter && meterInput(body.meter)),
          groupId: body.group_id,
        }),
      ),
    );
  }

  /** Features by filters. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(
    @CurrentCaller() caller: Caller,
    @Body() body: SearchFeaturesRequest,
  ): Promise<ListFeaturesResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.features.search(ctx, body);
      return { items: rows.map(toFeatureResponse), pagination };
    });
  }

  /** Changes a feature. Fields that are left out stay as they are. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateFeatureRequest,
  ): Promise<FeatureResponse> {
    return this.uow.run(caller, async (ctx) =>
      toFeatureResponse(
        await this.features.update(ctx, id, {
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.description === undefined ? {} : { description: body.description }),
          ...(body.unit_singular === undefined ? {} : { unitSingular: body.unit_singular }),
          ...(body.unit_plural === undefined ? {} : { unitPlural: body.unit_plural }),
          ...(body.reporting_unit === undefined ? {} : { reportingUnit: reportingUnit(body.reporting_unit) }),
          ...(body.metadata === undefined ? {} : { metadata: body.metadata }),
          ...(body.filters === undefined ? {} : { filters: body.filters }),
          ...(body.group_id === undefined ? {} : { groupId: body.group_id }),
        }),
      ),
    );
  }

  /** Copies a feature under another name and lookup key, with a meter of its own. */
  @Post(':id/clone')
  clone(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: CloneFeatureRequest,
  ): Promise<FeatureResponse> {
    return this.uow.run(caller, async (ctx) =>
      toFeatureResponse(
        await this.features.clone(ctx, id, {
          name: body.name,
          lookupKey: body.lookup_key,
          description: body.description,
          metadata: body.metadata,
        }),
      ),
    );
  }
}

const meterInput = (body: CreateMeterRequest): MeterInput => ({
  name: body.name,
  eventName: body.event_name,
  aggregation: {
    type: body.aggregation.type,
    field: body.aggregation.field ?? null,
    multiplier: body.aggregation.multiplier ?? null,
    bucketSize: body.aggregation.bucket_size ?? null,
    groupBy: body.aggregation.group_by ?? null,
    expression: body.aggregation.expression ?? null,
  },
  filters: body.filters ?? [],
  resetUsage: body.reset_usage ?? 'BILLING_PERIOD',
});

const reportingUnit = (body: ReportingUnitRequest): ReportingUnit => ({
  unit_singular: body.unit_singular ?? null,
  unit_plural: body.unit_plural ?? null,
  conversion_rate: body.conversion_rate ?? null,
});

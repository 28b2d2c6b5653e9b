import { Body, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import { fieldErrors } from '../../domain/errors.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { TaxAssociationsService } from '../../plans/tax-associations.service.js';
import {
  CreateTaxAssociationRequest,
  ListTaxAssociationsQuery,
  UpdateTaxAssociationRequest,
} from './taxes.requests.js';
import {
  ListTaxAssociationsResponse,
  TaxAssociationResponse,
  toTaxAssociationResponse,
} from './taxes.responses.js';
import type { TaxedEntityType } from '../../plans/taxes.types.js';

@ApiController('taxes/associations', 'Taxes')
export class TaxAssociationsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly associations: TaxAssociationsService,
    private readonly customers: CustomersService,
  ) {}

  /**
   * Applies a tax rate: to customers of the tenant that are created from now on, to subscriptions of a customer that
   * are created from now on, or to one subscription.
   */
  @Post()
  @HttpCode(200)
  create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateTaxAssociationRequest,
  ): Promise<TaxAssociationResponse> {
    return this.uow.run(caller, async (ctx) =>
      toTaxAssociationResponse(
        await this.associations.create(ctx, {
          ...(await this.entityOf(ctx, body)),
          taxRateCode: body.tax_rate_code,
          priority: body.priority,
          autoApply: body.auto_apply,
          currency: body.currency,
          startDate: body.start_date,
          endDate: body.end_date,
          metadata: body.metadata,
        }),
      ),
    );
  }

  /** Which tax rates apply to which tenant, customer, subscription or invoice. */
  @Get()
  list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListTaxAssociationsQuery,
  ): Promise<ListTaxAssociationsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { external_customer_id: externalId, ...rest } = query;
      const ofCustomer =
        externalId === undefined
          ? {}
          : {
              entity_type: 'customer',
              entity_id: (await this.customers.getByExternalId(ctx, externalId)).id,
            };
      const { rows, pagination } = await this.associations.list(ctx, { ...rest, ...ofCustomer });
      return { items: rows.map(toTaxAssociationResponse), pagination };
    });
  }

  /** One tax association. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<TaxAssociationResponse> {
    return this.uow.read(caller, async (ctx) =>
      toTaxAssociationResponse(await this.associations.get(ctx, id)),
    );
  }

  /** Changes the priority, period or metadata of a tax association. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateTaxAssociationRequest,
  ): Promise<TaxAssociationResponse> {
    return this.uow.run(caller, async (ctx) =>
      toTaxAssociationResponse(
        await this.associations.update(ctx, id, {
          autoApply: body.auto_apply,
          priority: body.priority,
          metadata: body.metadata,
        }),
      ),
    );
  }

  /** Deletes a tax association and answers with it. Copies at customers and subscriptions stay. */
  @Delete(':id')
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<TaxAssociationResponse> {
    return this.uow.run(caller, async (ctx) =>
      toTaxAssociationResponse(await this.associations.delete(ctx, id)),
    );
  }

  private async entityOf(
    ctx: Ctx,
    body: CreateTaxAssociationRequest,
  ): Promise<{ entityType: TaxedEntityType; entityId: string }> {
    if (body.external_customer_id !== undefined) {
      const { id } = await this.customers.getByExternalId(ctx, body.external_customer_id);
      const differs =
        (body.entity_type !== undefined && body.entity_type !== 'customer') ||
        (body.entity_id !== undefined && body.entity_id !== id);
      if (differs)
        throw fieldErrors({
          external_customer_id: 'external_customer_id and entity_id name different things',
        });
      return { entityType: 'customer', entityId: id };
    }
    if (body.entity_type === undefined)
      throw fieldErrors({ entity_type: 'entity_type is required, or external_customer_id' });
    const entityId = body.entity_id ?? (body.entity_type === 'tenant' ? ctx.scope.tenantId : undefined);
    if (entityId === undefined) throw fieldErrors({ entity_id: 'entity_id is required' });
    return { entityType: body.entity_type, entityId };
  }
}

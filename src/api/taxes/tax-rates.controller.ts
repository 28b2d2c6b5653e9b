import { Body, Delete, Get, Headers, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { TaxRatesService } from '../../plans/tax-rates.service.js';
import { CreateTaxRateRequest, ListTaxRatesQuery, UpdateTaxRateRequest } from './taxes.requests.js';
import { ListTaxRatesResponse, TaxRateResponse, toTaxRateResponse } from './taxes.responses.js';

/** The generation of the client that reads a bare array where all others read a list. */
const READS_AN_ARRAY = /^speakeasy-sdk\/typescript 2\.0\./;

@ApiController('taxes/rates', 'Taxes')
export class TaxRatesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly taxRates: TaxRatesService,
  ) {}

  /** Creates a tax rate: a percentage or a fixed amount. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreateTaxRateRequest): Promise<TaxRateResponse> {
    return this.uow.run(caller, async (ctx) =>
      toTaxRateResponse(
        await this.taxRates.create(ctx, {
          name: body.name,
          code: body.code,
          description: body.description,
          taxRateType: body.tax_rate_type,
          scope: body.scope,
          percentageValue: body.percentage_value,
          fixedValue: body.fixed_value,
          metadata: body.metadata,
        }),
      ),
    );
  }

  /** Tax rates by filters. SDK 2.0 gets a bare array, which it expects. */
  @Get()
  @ApiOkResponse({ type: ListTaxRatesResponse })
  list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListTaxRatesQuery,
    @Headers('user-agent') userAgent: string | undefined,
  ): Promise<ListTaxRatesResponse | TaxRateResponse[]> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.taxRates.list(ctx, query);
      const items = rows.map(toTaxRateResponse);
      return READS_AN_ARRAY.test(userAgent ?? '') ? items : { items, pagination };
    });
  }

  /** One tax rate. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<TaxRateResponse> {
    return this.uow.read(caller, async (ctx) => toTaxRateResponse(await this.taxRates.get(ctx, id)));
  }

  /** Changes everything but the value. For another value, create another rate. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateTaxRateRequest,
  ): Promise<TaxRateResponse> {
    return this.uow.run(caller, async (ctx) =>
      toTaxRateResponse(
        await this.taxRates.update(ctx, id, {
          name: body.name,
          code: body.code,
          description: body.description,
          taxRateStatus: body.tax_rate_status,
          metadata: body.metadata,
        }),
      ),
    );
  }

  /** Deletes a tax rate. Refused while it taxes anything. */
  @Delete(':id')
  @HttpCode(204)
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.uow.run(caller, (ctx) => this.taxRates.delete(ctx, id));
  }
}

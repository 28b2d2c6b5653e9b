import { Body, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { validationError } from '../../domain/errors.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import {
  SearchCustomersRequest,
  UpdateCustomerQuery,
  UpdateCustomerRequest,
  customerFields,
} from './customers.requests.js';
import { CustomerResponse, ListCustomersResponse } from './customers.responses.js';
import { ShownCustomers } from './shown-customers.js';
import { CustomersService } from '../../customers/customers.service.js';
import type { CustomerFields } from '../../customers/customers.types.js';

@ApiController('customers', 'Customers')
export class CustomersController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly customers: CustomersService,
    private readonly shown: ShownCustomers,
  ) {}

  /** Customers by filters. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(
    @CurrentCaller() caller: Caller,
    @Body() body: SearchCustomersRequest,
  ): Promise<ListCustomersResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.customers.search(ctx, body);
      return { items: await this.shown.all(ctx, rows), pagination };
    });
  }

  /** The customer with your own id. */
  @Get('external/:external_id')
  getByExternalId(
    @CurrentCaller() caller: Caller,
    @Param('external_id') externalId: string,
  ): Promise<CustomerResponse> {
    return this.uow.read(caller, async (ctx) =>
      this.shown.one(ctx, await this.customers.getByExternalId(ctx, externalId)),
    );
  }

  /** One customer with its ids at providers. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<CustomerResponse> {
    return this.uow.read(caller, async (ctx) => this.shown.one(ctx, await this.customers.get(ctx, id)));
  }

  /** Changes a customer, given by `?id=` or `?external_customer_id=`. */
  @Put()
  update(
    @CurrentCaller() caller: Caller,
    @Query() query: UpdateCustomerQuery,
    @Body() body: UpdateCustomerRequest,
  ): Promise<CustomerResponse> {
    if (query.id === undefined && query.external_customer_id === undefined)
      throw validationError('say which customer: ?id= or ?external_customer_id=');
    return this.uow.run(caller, async (ctx) => {
      const { id } = await this.customers.resolve(ctx, {
        id: query.id,
        externalId: query.external_customer_id,
      });
      return this.shown.one(ctx, await this.customers.update(ctx, id, changeOf(body)));
    });
  }

  /** Changes a customer. Fields that are left out stay as they are. */
  @Put(':id')
  updateById(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateCustomerRequest,
  ): Promise<CustomerResponse> {
    return this.uow.run(caller, async (ctx) =>
      this.shown.one(ctx, await this.customers.update(ctx, id, changeOf(body))),
    );
  }
}

const changeOf = (body: UpdateCustomerRequest): CustomerFields => ({
  ...customerFields(body),
  ...(body.external_id === undefined ? {} : { externalId: body.external_id }),
  ...(body.name === undefined ? {} : { name: body.name }),
});

import { Body, Post } from '@nestjs/common';
import { customerFields } from './customers.requests.js';
import { CustomerResponse, toCustomerResponse } from './customers.responses.js';
import { CustomersService } from '../../customers/customers.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CreateCustomerRequest } from './customer-creation.requests.js';
import { TaxAssociationsService } from '../../plans/tax-associations.service.js';
import { taxOverrides } from '../taxes/taxes.requests.js';

/** A customer begins with its taxes, and customers stand left of taxes: so this one of their routes stands here. */
@ApiController('customers', 'Customers')
export class CustomerCreationController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly customers: CustomersService,
    private readonly taxes: TaxAssociationsService,
  ) {}

  /** Creates a customer. Connections with `customer.outbound` push it to their provider. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreateCustomerRequest): Promise<CustomerResponse> {
    return this.uow.run(caller, async (ctx) => {
      const customer = await this.customers.create(ctx, {
        ...customerFields(body),
        externalId: body.external_id,
        name: body.name,
      });
      const overrides = taxOverrides(body.tax_rate_overrides);
      if (overrides !== undefined) await this.taxes.overrideForCustomer(ctx, customer, overrides);
      return toCustomerResponse(customer);
    });
  }
}

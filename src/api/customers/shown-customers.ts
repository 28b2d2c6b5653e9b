import { Injectable } from '@nestjs/common';
import type { Customer } from '../../customers/customers.types.js';
import { MappingsService } from '../../integrations/mappings/mappings.service.js';
import type { Ctx } from '../../platform/context.js';
import { toMappingResponse } from '../integrations/mappings.responses.js';
import { toCustomerResponse, type CustomerResponse } from './customers.responses.js';

/** Customers as their own answers show them: with what each is at the providers. */
@Injectable()
export class ShownCustomers {
  constructor(private readonly mappings: MappingsService) {}

  async all(ctx: Ctx, customers: readonly Customer[]): Promise<CustomerResponse[]> {
    const mappings = await this.mappings.linkedOf(
      ctx,
      'customer',
      customers.map(({ id }) => id),
    );
    return customers.map((customer) => ({
      ...toCustomerResponse(customer),
      integrations: mappings.filter(({ entityId }) => entityId === customer.id).map(toMappingResponse),
    }));
  }

  async one(ctx: Ctx, customer: Customer): Promise<CustomerResponse> {
    return (await this.all(ctx, [customer]))[0] as CustomerResponse;
  }
}

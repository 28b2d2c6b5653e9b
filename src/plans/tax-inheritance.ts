import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CustomersService } from '../customers/customers.service.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { JobHandlers } from '../platform/jobs/job-handlers.js';
import type { OutboxEvent } from '../platform/outbox/outbox-event.js';
import { OutboxSubscribers } from '../platform/outbox/outbox-subscribers.js';
import { TaxAssociationsService } from './tax-associations.service.js';

const JOB = 'taxes.inherit';

declare module '../platform/jobs/job-map.js' {
  interface JobMap {
    'taxes.inherit': OutboxEvent<'customer.created'>;
  }
}

/** Customers stand left of taxes and cannot call them: their creation is heard of through the outbox. */
@Injectable()
export class TaxInheritance implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly subscribers: OutboxSubscribers,
    private readonly customers: CustomersService,
    private readonly associations: TaxAssociationsService,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({ jobKind: JOB, eventTypes: ['customer.created'] });
    this.handlers.register({
      kind: JOB,
      handle: async ({ caller, payload }) => {
        await this.uow.run(caller, async (ctx) => {
          const customer = await this.customers.find(ctx, payload.entityId);
          if (customer?.status === 'published') await this.associations.inheritToCustomer(ctx, customer);
        });
        return undefined;
      },
    });
  }
}

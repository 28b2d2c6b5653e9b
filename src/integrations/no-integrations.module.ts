import { Module, type Provider, type Type } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { notImplemented } from '../domain/errors.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { ChargeFlow } from './checkout/charge.flow.js';
import { CheckoutFlow } from './checkout/checkout.flow.js';
import { PaymentConnections } from './checkout/payment-connections.flow.js';
import { RefundFlow } from './checkout/refund.flow.js';
import { MappingsService } from './mappings/mappings.service.js';
import { SyncEngine } from './sync/sync-engine.flow.js';
import { SyncOperationsService } from './sync/sync-operations.service.js';

/** Refuses whatever is asked of a service that needs a provider, but for what is given. */
function refusing<T>(service: Type<T>, given: Partial<T> = {}): Provider {
  const methods = Object.getOwnPropertyNames(service.prototype).filter(
    (name) => name !== 'constructor' && !/^(on|before)[A-Z]/.test(name),
  );
  const refuse = (): never => {
    throw notImplemented('this application talks to no payment provider: it leaves the integrations out');
  };
  return {
    provide: service,
    useValue: { ...Object.fromEntries(methods.map((name) => [name, refuse])), ...given },
  };
}

/**
 * In place of the integrations where a host does without them: no sync, no webhooks of providers, no polling. There are no
 * mappings, offline payments are refunded, and what needs a provider is refused.
 */
@Module({
  imports: [ConnectionsModule, CustomersModule, InvoicesModule, PaymentsModule],
  providers: [
    MappingsService,
    RefundFlow,
    PaymentConnections,
    refusing(ChargeFlow, { begunEarlier: () => Promise.resolve(undefined) }),
    refusing(CheckoutFlow),
    refusing(SyncEngine),
    refusing(SyncOperationsService, { unfinishedOf: () => Promise.resolve([]) }),
  ],
  exports: [MappingsService, ChargeFlow, CheckoutFlow, RefundFlow, PaymentConnections],
})
export class NoIntegrationsModule {}

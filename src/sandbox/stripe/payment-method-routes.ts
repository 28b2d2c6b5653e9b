import { change } from './changes.js';
import { requireCustomer } from './customers.js';
import { listPage } from './paging.js';
import {
  attachMethod,
  detachMethod,
  methodFrom,
  methodsOf,
  requirePaymentMethod,
  resolveMethod,
} from './payment-methods.js';
import type { Route } from './route.js';

export const paymentMethodRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/payment_methods', schema: 'PaymentMethodCreateParams', run: methodFrom },
  {
    method: 'GET',
    url: '/v1/payment_methods',
    schema: 'PaymentMethodListParams',
    run: (ctx, params) => {
      const customer = params.string('customer');
      const type = params.string('type');
      const methods =
        customer === undefined ? [] : methodsOf(ctx, requireCustomer(ctx, customer, 'customer').id);
      const wanted = methods.filter((method) => type === undefined || method.type === type);
      return listPage(ctx, '/v1/payment_methods', 'payment_method', wanted, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/payment_methods/:id',
    schema: 'PaymentMethodRetrieveParams',
    run: (ctx, _params, id) => resolveMethod(ctx, id, 'id'),
  },
  {
    method: 'POST',
    url: '/v1/payment_methods/:id',
    schema: 'PaymentMethodUpdateParams',
    run: (ctx, params, id) =>
      change(
        ctx,
        ctx.account.paymentMethods,
        requirePaymentMethod(ctx, id),
        (method) => {
          const billing = params.object('billing_details');
          for (const field of ['name', 'email', 'phone'] as const) {
            const value = billing?.nullable(field);
            if (value !== undefined) method.billing_details[field] = value;
          }
          const address = billing?.address('address');
          if (address !== undefined) method.billing_details.address = address;
          method.allow_redisplay = params.string('allow_redisplay') ?? method.allow_redisplay;
          method.metadata = params.metadata(method.metadata);
        },
        'payment_method.updated',
      ),
  },
  {
    method: 'POST',
    url: '/v1/payment_methods/:id/attach',
    schema: 'PaymentMethodAttachParams',
    run: (ctx, params, id) => {
      const customer = requireCustomer(ctx, params.require('customer'), 'customer');
      return attachMethod(ctx, resolveMethod(ctx, id, 'id'), customer.id);
    },
  },
  {
    method: 'POST',
    url: '/v1/payment_methods/:id/detach',
    schema: 'PaymentMethodDetachParams',
    run: (ctx, _params, id) => detachMethod(ctx, requirePaymentMethod(ctx, id)),
  },
];

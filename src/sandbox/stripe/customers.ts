import { newHex, newId } from '../core/ids.js';
import { now, type Ctx } from './context.js';
import { noSuch } from './errors.js';
import type { Customer } from './objects.js';

export function requireCustomer(ctx: Ctx, id: string, param = 'id'): Customer {
  const customer = ctx.account.customers.get(id);
  if (customer === undefined) throw noSuch('customer', id, param);
  return customer;
}

export function newCustomer(ctx: Ctx, fields: Partial<Customer> = {}): Customer {
  return {
    id: newId('cus_', 14),
    object: 'customer',
    address: null,
    balance: 0,
    created: now(ctx),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: newHex(4).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: ctx.account.livemode,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
    ...fields,
  };
}

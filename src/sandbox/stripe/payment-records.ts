import { newId } from '../core/ids.js';
import { create } from './changes.js';
import { now, type Ctx } from './context.js';
import { missingParam, noSuch, notPlayed } from './errors.js';
import type { PaymentRecord } from './objects.js';
import type { Params } from './params.js';
import type { Route } from './route.js';

export function requireRecord(ctx: Ctx, id: string, param = 'id'): PaymentRecord {
  const record = ctx.account.paymentRecords.get(id);
  if (record === undefined) throw noSuch('payment_record', id, param);
  return record;
}

/** A payment that was made elsewhere and is reported for the books. */
function reportPayment(ctx: Ctx, params: Params): PaymentRecord {
  const requested = params.object('amount_requested');
  if (requested === undefined) throw missingParam('amount_requested');
  const method = params.object('payment_method_details');
  if (method === undefined) throw missingParam('payment_method_details');
  if (params.string('outcome') !== 'guaranteed')
    throw notPlayed('payment records without outcome=guaranteed', 'outcome');
  const currency = requested.require('currency');
  const value = requested.requireInteger('value');
  const none = { currency, value: 0 };
  const customer = params.object('customer_details');
  const custom = method.object('custom');
  const processor = params.object('processor_details')?.object('custom');
  const record: PaymentRecord = {
    id: newId('pr_', 24),
    object: 'payment_record',
    amount: { currency, value },
    amount_authorized: { currency, value },
    amount_canceled: none,
    amount_failed: none,
    amount_guaranteed: { currency, value },
    amount_refunded: none,
    amount_requested: { currency, value },
    application: null,
    created: now(ctx),
    customer_details:
      customer === undefined
        ? null
        : {
            customer: customer.string('customer') ?? null,
            email: customer.string('email') ?? null,
            name: customer.string('name') ?? null,
            phone: customer.string('phone') ?? null,
          },
    customer_presence: params.string('customer_presence') ?? null,
    description: params.string('description') ?? null,
    latest_payment_attempt_record: newId('par_', 24),
    livemode: ctx.account.livemode,
    metadata: params.metadata(),
    payment_method_details: {
      billing_details: null,
      payment_method: method.string('payment_method') ?? null,
      type: 'custom',
      custom: {
        display_name: custom?.string('display_name') ?? 'Custom',
        type: custom?.string('type') ?? null,
      },
    },
    processor_details: {
      type: 'custom',
      custom: { payment_reference: processor?.string('payment_reference') ?? null },
    },
    reported_by: 'self',
    shipping_details: null,
  };
  return create(ctx, ctx.account.paymentRecords, record);
}

export const paymentRecordRoutes: readonly Route[] = [
  {
    method: 'POST',
    url: '/v1/payment_records/report_payment',
    schema: 'PaymentRecordReportPaymentParams',
    run: reportPayment,
  },
  {
    method: 'GET',
    url: '/v1/payment_records/:id',
    schema: 'PaymentRecordRetrieveParams',
    run: (ctx, _params, id) => requireRecord(ctx, id),
  },
];

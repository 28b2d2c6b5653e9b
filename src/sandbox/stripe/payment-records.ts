import { newId } from '../core/ids.js';
import { create } from './changes.js';
import { now, type Ctx } from './context.js';
import { missingParam, noSuch, notPlayed } from './errors.js';
import type { Invoice, PaymentRecord } from './objects.js';
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
  const customer = params.object('customer_details');
  const custom = method.object('custom');
  const processor = params.object('processor_details')?.object('custom');
  return newRecord(ctx, {
    currency: requested.require('currency'),
    value: requested.requireInteger('value'),
    customer:
      customer === undefined
        ? null
        : {
            customer: customer.string('customer') ?? null,
            email: customer.string('email') ?? null,
            name: customer.string('name') ?? null,
            phone: customer.string('phone') ?? null,
          },
    customerPresence: params.string('customer_presence') ?? null,
    description: params.string('description') ?? null,
    metadata: params.metadata(),
    paymentMethod: method.string('payment_method') ?? null,
    displayName: custom?.string('display_name') ?? 'Custom',
    customType: custom?.string('type') ?? null,
    reference: processor?.string('payment_reference') ?? null,
    reportedBy: 'self',
  });
}

/** What an out-of-band mark leaves, where it leaves one. */
export const recordOutOfBand = (ctx: Ctx, invoice: Invoice): PaymentRecord =>
  newRecord(ctx, {
    currency: invoice.currency,
    value: invoice.amount_remaining,
    customer: { customer: invoice.customer, email: null, name: null, phone: null },
    customerPresence: null,
    description: null,
    metadata: {},
    paymentMethod: null,
    displayName: 'Paid out of band',
    customType: null,
    reference: null,
    reportedBy: 'self',
  });

interface RecordFields {
  readonly currency: string;
  readonly value: number;
  readonly customer: PaymentRecord['customer_details'];
  readonly customerPresence: string | null;
  readonly description: string | null;
  readonly metadata: Record<string, string>;
  readonly paymentMethod: string | null;
  readonly displayName: string;
  readonly customType: string | null;
  readonly reference: string | null;
  readonly reportedBy: 'self' | 'stripe';
}

function newRecord(ctx: Ctx, fields: RecordFields): PaymentRecord {
  const { currency, value } = fields;
  const none = { currency, value: 0 };
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
    customer_details: fields.customer,
    customer_presence: fields.customerPresence,
    description: fields.description,
    latest_payment_attempt_record: newId('par_', 24),
    livemode: ctx.account.livemode,
    metadata: fields.metadata,
    payment_method_details: {
      billing_details: null,
      payment_method: fields.paymentMethod,
      type: 'custom',
      custom: { display_name: fields.displayName, type: fields.customType },
    },
    processor_details: { type: 'custom', custom: { payment_reference: fields.reference } },
    reported_by: fields.reportedBy,
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

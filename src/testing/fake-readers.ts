import { money, zeroMoney } from '../domain/money.js';
import type {
  RemoteCheckout,
  RemoteCustomer,
  RemoteInvoice,
  RemotePayment,
  RemotePaymentMethod,
  RemoteRefund,
} from '../providers/provider-objects.js';
import type {
  FakeAccount,
  FakeCustomer,
  FakeInvoice,
  FakePage,
  FakePayment,
  FakeRefund,
  Mark,
} from './fake-account.js';

/** Our id and whether it is another environment's, as every object tells them. */
const whose = (
  mark: Mark | undefined,
  environmentId: string,
): { id: string | undefined; foreign: boolean } => {
  const foreign = mark !== undefined && mark.environmentId !== environmentId;
  return { id: foreign ? undefined : mark?.id, foreign };
};

export function showCustomer(customer: FakeCustomer, environmentId: string): RemoteCustomer {
  const { id: customerId, foreign } = whose(customer.mark, environmentId);
  const { id: remoteId, deleted, externalId, name, email, phone, address } = customer;
  return { remoteId, customerId, foreign, deleted, externalId, name, email, phone, address, metadata: {} };
}

const STATUSES = new Set(['draft', 'open', 'paid', 'void', 'uncollectible']);

export function showInvoice(invoice: FakeInvoice, environmentId: string): RemoteInvoice {
  const { id: invoiceId, foreign } = whose(invoice.mark, environmentId);
  const { id: remoteId, total, status, collected, customer, decline } = invoice;
  const settled = status === 'paid' || status === 'void';
  return {
    remoteId,
    invoiceId,
    foreign,
    remoteCustomerId: customer,
    status: STATUSES.has(status) ? (status as RemoteInvoice['status']) : 'pending',
    total,
    amountRemaining: settled
      ? zeroMoney(total.currency)
      : money(total.amount - invoice.settledPart, total.currency),
    hostedUrl: `https://fake.example/invoices/${remoteId}`,
    pdfUrl: undefined,
    payments:
      collected === undefined
        ? []
        : [
            {
              remoteId: collected.id,
              paymentId: undefined,
              foreign: false,
              remoteInvoiceId: remoteId,
              remoteCustomerId: customer,
              status: 'succeeded',
              amount: total,
              paidAt: collected.at,
              method: undefined,
              decline: undefined,
              metadata: {},
            },
          ],
    adjustments:
      status === 'paid' && collected === undefined
        ? [
            {
              remoteId: `${remoteId}:marked_paid`,
              kind: 'OUT_OF_BAND',
              amount: total,
              released: false,
              settlesRest: true,
              mayBeOurs: true,
            },
          ]
        : [],
    metadata: { fake_invoice_id: remoteId },
    ...(decline === undefined || status === 'paid' ? {} : { decline }),
  };
}

export function showPayment(payment: FakePayment, environmentId: string): RemotePayment {
  const { id: paymentId, foreign } = whose(payment.mark, environmentId);
  return {
    remoteId: payment.id,
    paymentId,
    foreign,
    remoteInvoiceId: undefined,
    remoteCustomerId: payment.customer,
    status: payment.decline === undefined ? 'succeeded' : 'failed',
    amount: payment.amount,
    paidAt: payment.decline === undefined ? payment.at : undefined,
    method: undefined,
    decline: payment.decline,
    metadata: {},
    setDefault: payment.setDefault,
  };
}

export const showRefund = (refund: FakeRefund, environmentId: string): RemoteRefund => ({
  remoteId: refund.id,
  refundId: whose(refund.mark, environmentId).id,
  status: 'succeeded',
  amount: refund.amount,
  reason: undefined,
  failure: undefined,
});

export function showPage(account: FakeAccount, page: FakePage, environmentId: string): RemoteCheckout {
  const { id: paymentId, foreign } = whose(page.mark, environmentId);
  const payment = account.payments.get(page.payment ?? '');
  return {
    remoteId: page.id,
    mode: page.mode,
    url: page.status === 'open' ? `https://fake.example/pages/${page.id}` : undefined,
    status: page.status,
    paymentId: page.mode === 'payment' ? paymentId : undefined,
    foreign,
    remotePaymentId: payment?.id,
    remoteSetupId: page.mode === 'setup' ? page.id : undefined,
    clientSecret: undefined,
    createdAt: page.createdAt,
    expiresAt: undefined,
    payment: payment === undefined ? undefined : showPayment(payment, environmentId),
  };
}

export const showMethod = (id: string, customer: FakeCustomer): RemotePaymentMethod => ({
  remoteId: id,
  type: 'card',
  brand: 'visa',
  last4: '4242',
  expiryMonth: 12,
  expiryYear: 2040,
  isDefault: customer.defaultMethod === id,
});

import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api } from '../../api/client';
import type { Payment } from '../../api/types';
import { isZero } from '../../format/money';
import { sentence } from '../../format/words';
import type { Teaching } from '../../parts/states';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Instant, Money, Out, Pill, Reason, To } from '../../parts/text';
import { RefundSheet } from './refund-sheet';

export const refundable = (payment: Payment): boolean =>
  ['SUCCEEDED', 'OVERPAID', 'PARTIALLY_REFUNDED'].includes(payment.payment_status);

const NOTHING: Teaching = {
  title: 'No payments yet',
  text: 'What customers pay appears here: recorded by hand, charged, paid on a page, or told by a provider.',
};

interface Props {
  readonly invoiceId?: string;
  /** Of the invoices of a customer: the list of payments has no filter of its own for one. */
  readonly invoicesOf?: string;
  readonly status?: Payment['payment_status'];
  readonly page?: string;
  readonly go?: (change: { readonly page: string }) => void;
}

export function PaymentTable(props: Props): ReactNode {
  const { invoicesOf } = props;
  return invoicesOf === undefined ? <Payments {...props} /> : <PaymentsOfCustomer customerId={invoicesOf} />;
}

function Payments({ invoiceId, status, page = '', go }: Props): ReactNode {
  const payments = api.useQuery(
    'get',
    '/v1/payments',
    {
      params: {
        query: {
          limit: PAGE_SIZE,
          offset: offsetOf(page),
          ...(invoiceId === undefined ? {} : { destination_id: invoiceId }),
          ...(status === undefined ? {} : { payment_status: status as 'FAILED' }),
        },
      },
    },
    { refetchInterval: 10_000 },
  );
  return (
    <>
      <Rows
        rows={payments.data?.items}
        error={payments.error}
        retry={payments.refetch}
        withInvoice={invoiceId === undefined}
        empty={
          status !== undefined
            ? { title: 'No payment is like that', text: 'Choose another view.' }
            : invoiceId === undefined
              ? NOTHING
              : { title: 'Not paid yet', text: 'No payment was made on this invoice.' }
        }
      />
      {go !== undefined && <Pager of={payments.data} page={page} go={go} />}
    </>
  );
}

const MOST_INVOICES = 20;

/** Of the newest invoices of a customer, since a payment is found by its invoice only. */
function PaymentsOfCustomer({ customerId }: { readonly customerId: string }): ReactNode {
  const invoices = api.useQuery('post', '/v1/invoices/search', {
    body: { customer_id: customerId, limit: MOST_INVOICES, skip_line_items: true },
  });
  if (invoices.data === undefined || invoices.error !== null)
    return (
      <Rows rows={undefined} error={invoices.error} retry={invoices.refetch} withInvoice empty={NOTHING} />
    );
  return (
    <Found
      invoiceIds={invoices.data.items.flatMap(({ id, amount_paid: paid, payment_status: status }) =>
        id === null || (isZero(paid) && status === 'PENDING') ? [] : [id],
      )}
    />
  );
}

function Found({ invoiceIds }: { readonly invoiceIds: readonly string[] }): ReactNode {
  const found = api.useQuery(
    'get',
    '/v1/payments',
    { params: { query: { limit: 200 } } },
    { enabled: invoiceIds.length > 0 },
  );
  const wanted = new Set(invoiceIds);
  const rows =
    invoiceIds.length === 0 ? [] : found.data?.items.filter(({ destination_id: id }) => wanted.has(id));
  return <Rows rows={rows} error={found.error} retry={found.refetch} withInvoice empty={NOTHING} />;
}

function Rows(props: {
  readonly rows: readonly Payment[] | undefined;
  readonly error: unknown;
  readonly retry: () => unknown;
  readonly withInvoice: boolean;
  readonly empty: Teaching;
}): ReactNode {
  const [refunding, setRefunding] = useState<Payment>();
  return (
    <>
      <Table
        label="Payments"
        rows={props.rows}
        rowKey={({ id }) => id}
        error={props.error}
        retry={props.retry}
        empty={props.empty}
        columns={[
          {
            title: 'Payment',
            cell: (one) => (
              <To to={`/payments/${one.id}`} row>
                <Money amount={one.amount} currency={one.currency} />
              </To>
            ),
          },
          { title: 'Status', cell: (one) => <PaymentStatus payment={one} /> },
          { title: 'How', cell: wayOf },
          ...(props.withInvoice
            ? [
                {
                  title: 'Invoice',
                  cell: (one: Payment) => (
                    <To to={`/invoices/${one.destination_id}`}>{one.invoice_number ?? one.destination_id}</To>
                  ),
                },
              ]
            : []),
          {
            title: 'Refunded',
            end: true,
            cell: (one) =>
              isZero(one.refunded_amount) ? (
                '–'
              ) : (
                <Money amount={one.refunded_amount} currency={one.currency} />
              ),
          },
          {
            title: 'When',
            cell: (one) => <Instant at={one.succeeded_at ?? one.failed_at ?? one.created_at} />,
          },
          {
            title: 'Action',
            end: true,
            cell: (one) =>
              refundable(one) ? (
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => {
                    setRefunding(one);
                  }}
                >
                  Refund
                </Button>
              ) : one.payment_url !== null && one.payment_status !== 'FAILED' ? (
                <Out to={one.payment_url}>Payment page</Out>
              ) : null,
          },
        ]}
      />
      {refunding !== undefined && (
        <RefundSheet
          payment={refunding}
          close={() => {
            setRefunding(undefined);
          }}
        />
      )}
    </>
  );
}

export function PaymentStatus({ payment }: { readonly payment: Payment }): ReactNode {
  return (
    <>
      <Pill status={payment.payment_status} />
      <Reason text={payment.error_message} />
    </>
  );
}

export const wayOf = (payment: Payment): string =>
  payment.payment_gateway === null
    ? sentence(payment.payment_method_type)
    : `${sentence(payment.payment_method_type)} through ${sentence(payment.payment_gateway)}`;

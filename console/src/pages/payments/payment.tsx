import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useParams } from 'react-router';
import { api, body, client, useAction } from '../../api/client';
import type { Payment } from '../../api/types';
import { formatMoney, isZero } from '../../format/money';
import { sentence } from '../../format/words';
import { useCustomerNames } from '../../parts/names';
import { Card, Columns, Facts, Page } from '../../parts/page';
import { Answer, Problem } from '../../parts/states';
import { Table } from '../../parts/table';
import { Id, Instant, Money, Pill, To } from '../../parts/text';
import { SyncTimeline } from '../../parts/timeline';
import { refundable, wayOf } from './payment-table';
import { RefundSheet } from './refund-sheet';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const payment = api.useQuery(
    'get',
    '/v1/payments/{id}',
    { params: { path: { id } } },
    { refetchInterval: 5_000 },
  );
  const [refunding, setRefunding] = useState(false);
  const found = payment.data;
  const process = useAction(
    () => body(client.POST('/v1/payments/{id}/process', { params: { path: { id } } })),
    ({ payment_status: status }) => `The payment is ${sentence(status).toLowerCase()}`,
  );
  return (
    <Page
      title={found === undefined ? 'Payment' : `Payment of ${formatMoney(found.amount, found.currency)}`}
      under={{ to: '/payments', label: 'Payments' }}
      status={found === undefined ? undefined : <Pill status={found.payment_status} />}
      subtitle={<Id value={id} />}
      actions={
        found !== undefined && (
          <>
            {refundable(found) && (
              <Button
                onClick={() => {
                  setRefunding(true);
                }}
              >
                Refund
              </Button>
            )}
            {['INITIATED', 'FAILED'].includes(found.payment_status) && (
              <Button
                variant="default"
                loading={process.isPending}
                onClick={() => {
                  process.mutate(undefined);
                }}
              >
                Try to collect {formatMoney(found.amount, found.currency)} again
              </Button>
            )}
          </>
        )
      }
    >
      <Problem error={process.error} />
      <Answer of={payment}>
        {(one) => <Columns main={<Main payment={one} />} side={<Side payment={one} />} />}
      </Answer>
      {refunding && found !== undefined && (
        <RefundSheet
          payment={found}
          close={() => {
            setRefunding(false);
          }}
        />
      )}
    </Page>
  );
}

function Side({ payment }: { readonly payment: Payment }): ReactNode {
  const names = useCustomerNames([payment.customer_id]);
  return (
    <Card title="Facts">
      <Facts
        facts={[
          [
            'Invoice',
            <To to={`/invoices/${payment.destination_id}`}>
              {payment.invoice_number ?? payment.destination_id}
            </To>,
          ],
          [
            'Customer',
            <To to={`/customers/${payment.customer_id}`}>
              <bdi>{names.get(payment.customer_id) ?? payment.customer_id}</bdi>
            </To>,
          ],
          ['How', wayOf(payment)],
          ['Id at the provider', payment.gateway_payment_id && <Id value={payment.gateway_payment_id} />],
          payment.error_message === null ? undefined : ['Why it failed', payment.error_message],
          ['Succeeded', <Instant at={payment.succeeded_at} />],
          isZero(payment.refunded_amount)
            ? undefined
            : ['Refunded', <Money amount={payment.refunded_amount} currency={payment.currency} />],
          ...Object.entries(payment.metadata).map(([name, value]) => [name, value] as const),
          ['Created', <Instant at={payment.created_at} />],
        ]}
      />
    </Card>
  );
}

function Main({ payment }: { readonly payment: Payment }): ReactNode {
  return (
    <>
      <Card title="Attempts">
        <Table
          label="Attempts"
          rows={payment.attempts ?? []}
          rowKey={({ id }) => id}
          empty={{ title: 'No attempts', text: 'It was recorded, not collected.' }}
          columns={[
            { title: 'Attempt', cell: (one) => one.attempt_number },
            { title: 'Status', cell: (one) => <Pill status={one.payment_status} /> },
            { title: 'What was answered', cell: (one) => one.error_message ?? '–' },
            { title: 'When', cell: (one) => <Instant at={one.created_at} /> },
          ]}
        />
      </Card>
      <Card title="Refunds">
        <Table
          label="Refunds"
          rows={payment.refunds}
          rowKey={({ id }) => id}
          empty={{ title: 'No refunds', text: 'Nothing of it was given back.' }}
          columns={[
            { title: 'Amount', cell: (one) => <Money amount={one.amount} currency={one.currency} /> },
            {
              title: 'Status',
              cell: (one) => (
                <>
                  <Pill status={one.refund_status} /> {one.error_message}
                </>
              ),
            },
            { title: 'To', cell: (one) => sentence(one.destination) },
            { title: 'Reason', cell: (one) => (one.reason === null ? '–' : sentence(one.reason)) },
            { title: 'When', cell: (one) => <Instant at={one.created_at} /> },
          ]}
        />
      </Card>
      {payment.disputes.length > 0 && (
        <Card title="Disputes">
          <Table
            label="Disputes"
            rows={payment.disputes}
            rowKey={({ id }) => id}
            empty={{ title: '', text: '' }}
            columns={[
              { title: 'Amount', cell: (one) => <Money amount={one.amount} currency={one.currency} /> },
              { title: 'Status', cell: (one) => <Pill status={one.dispute_status} /> },
              { title: 'Reason', cell: (one) => one.reason ?? '–' },
              { title: 'Answer by', cell: (one) => <Instant at={one.answer_by} /> },
            ]}
          />
        </Card>
      )}
      <Card title="Sync timeline">
        <SyncTimeline
          entityId={payment.id}
          none="Nothing of this payment was told to a provider by itself."
        />
      </Card>
    </>
  );
}

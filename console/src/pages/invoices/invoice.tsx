import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useParams } from 'react-router';
import { api } from '../../api/client';
import { useNow } from '../../api/environment';
import type { Invoice } from '../../api/types';
import { invoiceStatus, sentence } from '../../format/words';
import { Card, Columns, Facts, Page } from '../../parts/page';
import { Answer } from '../../parts/states';
import { Table } from '../../parts/table';
import { Day, Id, Instant, Money, Out, Period, Pill, Quantity, To } from '../../parts/text';
import { SyncTimeline } from '../../parts/timeline';
import { PaymentTable } from '../payments/payment-table';
import { InvoiceActions } from './invoice-actions';
import { Totals } from './totals';
import { WhyAmount } from './why';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const now = useNow();
  const invoice = api.useQuery(
    'get',
    '/v1/invoices/{id}',
    { params: { path: { id }, query: { expand: 'customer' } } },
    { refetchInterval: 5_000 },
  );
  const found = invoice.data;
  return (
    <Page
      title={found === undefined ? 'Invoice' : `Invoice ${found.invoice_number ?? '(draft)'}`}
      under={{ to: '/invoices', label: 'Invoices' }}
      status={found === undefined ? undefined : <Pill status={invoiceStatus(found, now)} />}
      subtitle={<Id value={id} />}
      actions={found === undefined ? undefined : <InvoiceActions invoice={found} />}
    >
      <Answer of={invoice} lines={10}>
        {(one) => <Details invoice={one} id={id} />}
      </Answer>
    </Page>
  );
}

/** The provider's pages of an invoice, wherever it is: `…_hosted_invoice_url`, `…_checkout_url`. */
const linksOf = ({ metadata }: Invoice): [string, string][] =>
  Object.entries(metadata).filter(
    ([name, value]) => /_(hosted_invoice|checkout)_url$/.test(name) && /^https?:/.test(value),
  );

function Details({ invoice, id }: { readonly invoice: Invoice; readonly id: string }): ReactNode {
  const { currency } = invoice;
  return (
    <Columns
      main={
        <>
          <Card title="Lines">
            <Stack>
              <Table
                label="Lines"
                rows={invoice.line_items ?? []}
                rowKey={(line) => line.id ?? line.display_name}
                empty={{ title: 'No lines', text: 'This invoice has an amount and no lines.' }}
                columns={[
                  {
                    title: 'What',
                    cell: (line) => (
                      <>
                        {line.display_name}
                        {line.plan_display_name !== null && (
                          <Text size="xs" c="dimmed">
                            {line.plan_display_name}
                          </Text>
                        )}
                      </>
                    ),
                  },
                  {
                    title: 'Period',
                    cell: (line) => <Period start={line.period_start} end={line.period_end} />,
                  },
                  { title: 'Quantity', end: true, cell: (line) => <Quantity value={line.quantity} /> },
                  {
                    title: 'Amount',
                    end: true,
                    cell: (line) =>
                      line.id === null ? (
                        <Money amount={line.amount} currency={line.currency} />
                      ) : (
                        <WhyAmount
                          invoiceId={id}
                          lineId={line.id}
                          name={line.display_name}
                          amount={line.amount}
                          currency={line.currency}
                        />
                      ),
                  },
                ]}
              />
              <Totals invoice={invoice} />
            </Stack>
          </Card>
          <Card title="Payments">
            <PaymentTable invoiceId={id} />
          </Card>
          <CreditNotes invoiceId={id} />
        </>
      }
      side={
        <>
          <Card title="Facts">
            <Facts
              facts={[
                [
                  'Customer',
                  <To to={`/customers/${invoice.customer_id}`}>
                    <bdi>{invoice.customer?.name ?? invoice.customer_id}</bdi>
                  </To>,
                ],
                invoice.subscription_id === null
                  ? undefined
                  : [
                      'Subscription',
                      <To to={`/subscriptions/${invoice.subscription_id}`}>{invoice.subscription_id}</To>,
                    ],
                ['Why', sentence(invoice.billing_reason)],
                ['Period', <Period start={invoice.period_start} end={invoice.period_end} />],
                ['Issued', <Day at={invoice.issue_date} />],
                ['Due', <Day at={invoice.due_date} />],
                ['Finalized', <Instant at={invoice.finalized_at} />],
                invoice.paid_at === null ? undefined : ['Paid', <Instant at={invoice.paid_at} />],
                invoice.voided_at === null ? undefined : ['Voided', <Instant at={invoice.voided_at} />],
                ['Currency', currency.toUpperCase()],
                ...linksOf(invoice).map(
                  ([name, url]) => [sentence(name.replace(/_url$/, '')), <Out to={url}>Open</Out>] as const,
                ),
              ]}
            />
          </Card>
          <Card title="Sync timeline">
            <SyncTimeline
              entityId={id}
              none="This invoice was not sent to a provider: it is a draft, nothing is owed on it, or no connection sends invoices."
            />
          </Card>
        </>
      }
    />
  );
}

function CreditNotes({ invoiceId }: { readonly invoiceId: string }): ReactNode {
  const notes = api.useQuery('get', '/v1/creditnotes', {
    params: { query: { invoice_id: invoiceId, limit: 50 } },
  });
  if (notes.data?.items.length === 0) return null;
  return (
    <Card title="Credit notes">
      <Table
        label="Credit notes"
        rows={notes.data?.items}
        rowKey={(note) => note.id}
        error={notes.error}
        empty={{ title: '', text: '' }}
        columns={[
          {
            title: 'Number',
            cell: (note) => (
              <>
                {note.credit_note_number} <Id value={note.id} />
              </>
            ),
          },
          { title: 'Kind', cell: (note) => sentence(note.credit_note_type) },
          { title: 'Status', cell: (note) => <Pill status={note.credit_note_status} /> },
          { title: 'Reason', cell: (note) => sentence(note.reason) },
          {
            title: 'Amount',
            end: true,
            cell: (note) => <Money amount={note.total_amount} currency={note.currency} />,
          },
        ]}
      />
    </Card>
  );
}

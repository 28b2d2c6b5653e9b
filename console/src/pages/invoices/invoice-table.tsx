import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { useNow } from '../../api/environment';
import type { Filter, Invoice } from '../../api/types';
import { isZero } from '../../format/money';
import { invoiceStatus, sentence } from '../../format/words';
import type { Teaching } from '../../parts/states';
import { offsetOf, Pager, PAGE_SIZE, Table, type Column } from '../../parts/table';
import { Day, Id, Money, Period, Pill, To } from '../../parts/text';

export interface InvoiceFilter {
  readonly customer_id?: string;
  readonly subscription_id?: string;
  readonly invoice_status?: ('DRAFT' | 'FINALIZED' | 'VOIDED' | 'SKIPPED')[];
  readonly payment_status?: (
    | 'PENDING'
    | 'PROCESSING'
    | 'SUCCEEDED'
    | 'OVERPAID'
    | 'FAILED'
    | 'REFUNDED'
    | 'PARTIALLY_REFUNDED'
    | 'INITIATED'
  )[];
  readonly amount_remaining_gt?: number;
  readonly filters?: Filter[];
}

export const NO_INVOICES: Teaching = {
  title: 'No invoices yet',
  text: 'Subscriptions make them at the end of each period, and at once for what is charged in advance.',
  curl: `curl $URL/v1/invoices -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"customer_id": "…", "currency": "usd", "amount_due": "25", "invoice_status": "FINALIZED",\n       "line_items": [{"display_name": "Setup", "amount": "25", "quantity": "1"}]}'`,
};

export function InvoiceTable(props: {
  readonly filter: InvoiceFilter;
  readonly page: string;
  readonly go: (change: { readonly page: string }) => void;
  readonly withoutCustomer?: boolean;
  readonly empty?: Teaching;
}): ReactNode {
  const { filter, page, go, withoutCustomer, empty = NO_INVOICES } = props;
  const now = useNow();
  const invoices = api.useQuery('post', '/v1/invoices/search', {
    body: { ...filter, limit: PAGE_SIZE, offset: offsetOf(page), expand: 'customer', skip_line_items: true },
  });
  const customer: Column<Invoice> = {
    title: 'Customer',
    cell: (one) => (
      <To to={`/customers/${one.customer_id}`}>
        <bdi>{one.customer?.name ?? one.customer_id}</bdi>
      </To>
    ),
  };
  return (
    <>
      <Table
        label="Invoices"
        rows={invoices.data?.items}
        rowKey={(one) => one.id ?? ''}
        error={invoices.error}
        retry={invoices.refetch}
        empty={empty}
        columns={[
          {
            title: 'Number',
            cell: (one) => (
              <>
                <To to={`/invoices/${one.id ?? ''}`} row>
                  {one.invoice_number ?? 'Draft'}
                </To>
                <br />
                <Id value={one.id ?? ''} />
              </>
            ),
          },
          ...(withoutCustomer === true ? [] : [customer]),
          { title: 'Status', cell: (one) => <Pill status={invoiceStatus(one, now)} /> },
          {
            title: 'Period',
            cell: (one) => (
              <>
                {one.period_start !== null && <Period start={one.period_start} end={one.period_end} />}
                <div className="why">{sentence(one.billing_reason)}</div>
              </>
            ),
          },
          { title: 'Due', cell: (one) => <Day at={one.due_date} /> },
          {
            title: 'Total',
            end: true,
            cell: (one) => (
              <>
                <Money amount={one.total} currency={one.currency} />
                {one.invoice_status === 'FINALIZED' && !isZero(one.amount_remaining) && (
                  <div className="why">
                    <Money amount={one.amount_remaining} currency={one.currency} /> left
                  </div>
                )}
              </>
            ),
          },
        ]}
      />
      <Pager of={invoices.data} page={page} go={go} />
    </>
  );
}

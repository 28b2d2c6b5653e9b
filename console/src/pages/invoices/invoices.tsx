import type { ReactNode } from 'react';
import { useNow } from '../../api/environment';
import { Filters, SearchBox, useAddress, Views } from '../../parts/filters';
import { Page } from '../../parts/page';
import { InvoiceTable, NO_INVOICES, type InvoiceFilter } from './invoice-table';

const VIEWS: Readonly<
  Record<string, { readonly label: string; readonly filter: (now: Date) => InvoiceFilter }>
> = {
  '': { label: 'All', filter: () => ({}) },
  draft: { label: 'Draft', filter: () => ({ invoice_status: ['DRAFT'] }) },
  open: {
    label: 'Open',
    filter: () => ({ invoice_status: ['FINALIZED'], amount_remaining_gt: 0 }),
  },
  'past-due': {
    label: 'Past due',
    filter: (now) => ({
      invoice_status: ['FINALIZED'],
      amount_remaining_gt: 0,
      filters: [{ field: 'due_date', operator: 'before', value: { date: now.toISOString() } }],
    }),
  },
  failed: {
    label: 'Payment failed',
    filter: () => ({ invoice_status: ['FINALIZED'], payment_status: ['FAILED'] }),
  },
  paid: { label: 'Paid', filter: () => ({ payment_status: ['SUCCEEDED', 'OVERPAID'] }) },
  refunded: { label: 'Refunded', filter: () => ({ payment_status: ['REFUNDED', 'PARTIALLY_REFUNDED'] }) },
  void: { label: 'Void', filter: () => ({ invoice_status: ['VOIDED'] }) },
};

export function Component(): ReactNode {
  const [at, go] = useAddress('view', 'q', 'page');
  const now = useNow();
  const view = VIEWS[at.view] ?? VIEWS[''];
  // To the minute: a filter that is another at each drawing would ask for ever.
  const minute = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
  const filter = view?.filter(minute) ?? {};
  const search = at.q.trim();
  return (
    <Page title="Invoices">
      <Filters>
        <Views
          label="Saved views"
          views={Object.entries(VIEWS).map(([value, { label }]) => ({ value, label }))}
          value={at.view}
          change={(next) => {
            go({ view: next });
          }}
        />
        <SearchBox
          label="Search by number"
          value={at.q}
          change={(q) => {
            go({ q });
          }}
        />
      </Filters>
      <InvoiceTable
        filter={
          search === ''
            ? filter
            : {
                ...filter,
                filters: [
                  ...(filter.filters ?? []),
                  { field: 'invoice_number', operator: 'contains', value: { string: search } },
                ],
              }
        }
        page={at.page}
        go={go}
        empty={
          at.view === '' && search === ''
            ? NO_INVOICES
            : { title: 'No invoice is like that', text: 'Choose another view, or search for less.' }
        }
      />
    </Page>
  );
}

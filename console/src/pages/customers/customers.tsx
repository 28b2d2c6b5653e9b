import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api } from '../../api/client';
import type { Customer } from '../../api/types';
import { Filters, SearchBox, useAddress } from '../../parts/filters';
import { Page } from '../../parts/page';
import { useCustomerSearch } from '../../parts/pickers';
import { offsetOf, Pager, PAGE_SIZE, Table, type Column } from '../../parts/table';
import { Day, Id, To } from '../../parts/text';
import { CustomerSheet } from './customer-sheet';

const COLUMNS: readonly Column<Customer>[] = [
  {
    title: 'Name',
    cell: (one) => (
      <>
        <To to={`/customers/${one.id}`} row>
          <bdi>{one.name === '' ? one.external_id : one.name}</bdi>
        </To>
        <br />
        <Id value={one.id} />
      </>
    ),
  },
  { title: 'Your id', cell: (one) => one.external_id },
  { title: 'E-mail', cell: (one) => one.email ?? '–' },
  { title: 'Created', cell: (one) => <Day at={one.created_at} /> },
];

export function Component(): ReactNode {
  const [at, go] = useAddress('q', 'page');
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title="Customers"
      actions={
        <Button
          onClick={() => {
            setAdding(true);
          }}
        >
          Add a customer
        </Button>
      }
    >
      <Filters>
        <SearchBox
          label="Search by name, e-mail or your id"
          value={at.q}
          change={(q) => {
            go({ q });
          }}
        />
      </Filters>
      {at.q.trim() === '' ? <All page={at.page} go={go} /> : <Found text={at.q} />}
      <CustomerSheet
        open={adding}
        close={() => {
          setAdding(false);
        }}
      />
    </Page>
  );
}

function All({
  page,
  go,
}: {
  readonly page: string;
  readonly go: (change: { readonly page: string }) => void;
}): ReactNode {
  const customers = api.useQuery('post', '/v1/customers/search', {
    body: { limit: PAGE_SIZE, offset: offsetOf(page) },
  });
  return (
    <>
      <Table
        label="Customers"
        rows={customers.data?.items}
        rowKey={({ id }) => id}
        error={customers.error}
        retry={customers.refetch}
        columns={COLUMNS}
        empty={{
          title: 'No customers yet',
          text: 'A customer is who is billed. Your own id of it is what events and subscriptions name.',
          curl: `curl $URL/v1/customers -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"external_id": "acme", "name": "Acme Inc.", "email": "billing@acme.example"}'`,
        }}
      />
      <Pager of={customers.data} page={page} go={go} />
    </>
  );
}

function Found({ text }: { readonly text: string }): ReactNode {
  const { items, error } = useCustomerSearch(text);
  return (
    <Table
      label="Customers found"
      rows={items}
      rowKey={({ id }) => id}
      error={error}
      columns={COLUMNS}
      empty={{
        title: 'Nobody is called like that',
        text: 'Names, e-mail addresses and your ids are searched for what they hold.',
      }}
    />
  );
}

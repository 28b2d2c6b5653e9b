import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { api } from '../../api/client';
import { Filters, SearchBox, useAddress } from '../../parts/filters';
import { Page } from '../../parts/page';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Day, Id, To } from '../../parts/text';
import { cadence, PriceTerms } from '../../parts/price';

export function Component(): ReactNode {
  const [at, go] = useAddress('q', 'page');
  const plans = api.useQuery('post', '/v1/plans/search', {
    body: {
      limit: PAGE_SIZE,
      offset: offsetOf(at.page),
      expand: 'prices',
      ...(at.q.trim() === ''
        ? {}
        : { filters: [{ field: 'name', operator: 'contains' as const, value: { string: at.q.trim() } }] }),
    },
  });
  const make = (
    <Button component={Link} to="/plans/new">
      Make a plan
    </Button>
  );
  return (
    <Page title="Plans" actions={make}>
      <Filters>
        <SearchBox
          label="Search by name"
          value={at.q}
          change={(q) => {
            go({ q });
          }}
        />
      </Filters>
      <Table
        label="Plans"
        rows={plans.data?.items}
        rowKey={({ id }) => id}
        error={plans.error}
        retry={plans.refetch}
        empty={
          at.q.trim() === ''
            ? {
                title: 'No plans yet',
                text: 'A plan is a set of prices that customers subscribe to: fixed fees, and prices of what is used.',
                action: make,
                curl: `curl $URL/v1/plans -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"name": "Pro", "currency": "usd", "billing_period": "MONTHLY",\n       "prices": [{"pricing_model": "flat", "unit_price": "49", "display_name": "Platform fee"}]}'`,
              }
            : { title: 'No plan is called like that', text: 'Search for less.' }
        }
        columns={[
          {
            title: 'Name',
            cell: (one) => (
              <>
                <To to={`/plans/${one.id}`} row>
                  {one.name}
                </To>
                <br />
                <Id value={one.id} />
              </>
            ),
          },
          {
            title: 'Prices',
            cell: (one) =>
              (one.prices ?? []).length === 0 ? (
                '–'
              ) : (
                <ul className="plain-list">
                  {one.prices?.map((price) => (
                    <li key={price.id}>
                      {price.display_name ?? price.meter?.name ?? 'Price'}:{' '}
                      {price.billing_model === 'TIERED' ? 'tiers' : <PriceTerms price={price} />},{' '}
                      {cadence(price)}
                    </li>
                  ))}
                </ul>
              ),
          },
          { title: 'Your id', cell: (one) => one.lookup_key ?? '–' },
          { title: 'Created', cell: (one) => <Day at={one.created_at} /> },
        ]}
      />
      <Pager of={plans.data} page={at.page} go={go} />
    </Page>
  );
}

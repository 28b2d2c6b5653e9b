import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { sentence } from '../../format/words';
import { useAddress } from '../../parts/filters';
import { Page } from '../../parts/page';
import { cadence, PriceTerms } from '../../parts/price';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Day, Id } from '../../parts/text';

export function Component(): ReactNode {
  const [at, go] = useAddress('page');
  const addons = api.useQuery('post', '/v1/addons/search', {
    body: { limit: PAGE_SIZE, offset: offsetOf(at.page) },
  });
  return (
    <Page title="Addons" subtitle="Prices that a subscription can take besides those of its plan.">
      <Table
        label="Addons"
        rows={addons.data?.items}
        rowKey={({ id }) => id}
        error={addons.error}
        retry={addons.refetch}
        empty={{
          title: 'No addons yet',
          text: 'An addon is added to a running subscription, and taken away again.',
          curl: `curl $URL/v1/addons -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"name": "More seats", "lookup_key": "seats", "type": "multiple_instance"}'`,
        }}
        columns={[
          {
            title: 'Name',
            cell: (one) => (
              <>
                {one.name}
                <br />
                <Id value={one.id} />
              </>
            ),
          },
          { title: 'Your id', cell: (one) => one.lookup_key },
          { title: 'Kind', cell: (one) => sentence(one.type) },
          {
            title: 'Prices',
            cell: (one) =>
              (one.prices ?? []).length === 0 ? (
                '–'
              ) : (
                <ul className="plain-list">
                  {one.prices?.map((price) => (
                    <li key={price.id}>
                      {price.display_name ?? 'Price'}, {cadence(price)}: <PriceTerms price={price} />
                    </li>
                  ))}
                </ul>
              ),
          },
          { title: 'Created', cell: (one) => <Day at={one.created_at} /> },
        ]}
      />
      <Pager of={addons.data} page={at.page} go={go} />
    </Page>
  );
}

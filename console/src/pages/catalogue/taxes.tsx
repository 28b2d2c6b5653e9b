import { Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import type { TaxRate } from '../../api/types';
import { formatQuantity } from '../../format/money';
import { sentence } from '../../format/words';
import { Card, Page } from '../../parts/page';
import { Table } from '../../parts/table';
import { Day, Id, Pill } from '../../parts/text';

const rateOf = (one: TaxRate): string =>
  one.tax_rate_type.toLowerCase() === 'percentage'
    ? `${formatQuantity(one.percentage_value ?? '0')} %`
    : formatQuantity(one.fixed_value ?? '0');

export function Component(): ReactNode {
  const rates = api.useQuery('get', '/v1/taxes/rates', { params: { query: { limit: 200 } } });
  const uses = api.useQuery('get', '/v1/taxes/associations', { params: { query: { limit: 200 } } });
  const names = new Map((rates.data?.items ?? []).map(({ id, name }) => [id, name]));
  return (
    <Page title="Taxes">
      <Stack>
        <Card title="Rates">
          <Table
            label="Tax rates"
            rows={rates.data?.items}
            rowKey={({ id }) => id}
            error={rates.error}
            retry={rates.refetch}
            empty={{
              title: 'No tax rates yet',
              text: 'A rate applies to whom it is given to: everybody, a customer, a subscription or an invoice.',
              curl: `curl $URL/v1/taxes/rates -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"name": "VAT", "code": "vat-19", "tax_rate_type": "percentage", "percentage_value": "19"}'`,
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
              { title: 'Code', cell: (one) => one.code },
              { title: 'Rate', end: true, cell: rateOf },
              { title: 'Status', cell: (one) => <Pill status={one.tax_rate_status} /> },
            ]}
          />
        </Card>
        <Card title="Whom they apply to">
          <Table
            label="Tax associations"
            rows={uses.data?.items}
            rowKey={({ id }) => id}
            error={uses.error}
            retry={uses.refetch}
            empty={{
              title: 'No rate applies to anybody',
              text: 'Rates do nothing until they are given to somebody.',
              curl: `curl $URL/v1/taxes/associations -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"tax_rate_code": "vat-19", "entity_type": "customer", "entity_id": "…"}'`,
            }}
            columns={[
              { title: 'Rate', cell: (one) => names.get(one.tax_rate_id) ?? one.tax_rate_id },
              { title: 'Of', cell: (one) => sentence(one.entity_type) },
              { title: 'Which', cell: (one) => <Id value={one.entity_id} /> },
              { title: 'Order', end: true, cell: (one) => one.priority },
              { title: 'From', cell: (one) => <Day at={one.start_date} /> },
              { title: 'Until', cell: (one) => <Day at={one.end_date} /> },
            ]}
          />
        </Card>
      </Stack>
    </Page>
  );
}

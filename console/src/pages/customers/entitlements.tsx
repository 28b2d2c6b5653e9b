import { Progress } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { formatQuantity } from '../../format/money';
import { Table } from '../../parts/table';
import { Instant, Quantity } from '../../parts/text';

export function Entitlements({ customerId }: { readonly customerId: string }): ReactNode {
  const usage = api.useQuery('get', '/v1/customers/usage', {
    params: { query: { customer_id: customerId } },
  });
  return (
    <Table
      label="Entitlements"
      rows={usage.data?.features}
      rowKey={(row) => row.feature.id}
      error={usage.error}
      retry={usage.refetch}
      empty={{
        title: 'Nothing is included',
        text: 'What plans include (a quantity of a feature, or a feature at all) is shown here with what was used of it.',
      }}
      columns={[
        { title: 'Feature', cell: (row) => row.feature.name },
        { title: 'Used', end: true, cell: (row) => <Quantity value={row.current_usage} /> },
        {
          title: 'Of',
          end: true,
          cell: (row) =>
            row.is_unlimited || row.total_limit === null ? 'no limit' : <Quantity value={row.total_limit} />,
        },
        {
          title: 'Share',
          cell: (row) =>
            row.usage_percent === null ? (
              '–'
            ) : (
              <Progress
                value={Math.min(100, Number(row.usage_percent))}
                color={Number(row.usage_percent) >= 90 ? 'red' : 'indigo'}
                aria-label={`${formatQuantity(row.usage_percent)} percent of ${row.feature.name}`}
                mt={8}
                miw={80}
              />
            ),
        },
        { title: 'Begins again', cell: (row) => <Instant at={row.next_usage_reset_at} none="never" /> },
      ]}
    />
  );
}

import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { isZero } from '../../format/money';
import { Card, Facts } from '../../parts/page';
import { Answer } from '../../parts/states';
import { Money } from '../../parts/text';

export function Owed({ customerId }: { readonly customerId: string }): ReactNode {
  const summary = api.useQuery('get', '/v1/customers/{id}/invoices/summary', {
    params: { path: { id: customerId } },
  });
  return (
    <Card title="What is owed">
      <Answer of={summary} lines={3}>
        {({ summaries }) =>
          summaries.length === 0 ? (
            <Text size="sm" c="dimmed">
              No invoice was made yet.
            </Text>
          ) : (
            <Stack>
              {summaries.map((one) => (
                <div key={one.currency}>
                  <div className="big-figure">
                    <Money amount={one.total_unpaid_amount} currency={one.currency} />
                  </div>
                  <Facts
                    facts={[
                      ['Unpaid invoices', one.unpaid_invoice_count],
                      isZero(one.total_overdue_amount)
                        ? undefined
                        : [
                            'Past due',
                            <>
                              <Money amount={one.total_overdue_amount} currency={one.currency} /> (
                              {one.overdue_invoice_count})
                            </>,
                          ],
                      ['Billed so far', <Money amount={one.total_revenue_amount} currency={one.currency} />],
                      ['Invoices', one.total_invoice_count],
                    ]}
                  />
                </div>
              ))}
            </Stack>
          )
        }
      </Answer>
    </Card>
  );
}

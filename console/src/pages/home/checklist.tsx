import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { Card } from '../../parts/page';
import { To } from '../../parts/text';

/** What a new environment still lacks, by what the API sees. It goes away when the last step is done. */
export function Checklist(): ReactNode {
  const one = { limit: 1 };
  const connections = api.useQuery('get', '/v1/connections', { params: { query: one } });
  const features = api.useQuery('post', '/v1/features/search', { body: one });
  const plans = api.useQuery('post', '/v1/plans/search', { body: one });
  const customers = api.useQuery('post', '/v1/customers/search', { body: one });
  const events = api.useQuery('post', '/v1/events/query', { body: { page_size: 1 } });
  const invoices = api.useQuery('post', '/v1/invoices/search', { body: { ...one, skip_line_items: true } });
  const some = (answer: { data?: { pagination: { total: number } } | undefined }): boolean | undefined =>
    answer.data === undefined ? undefined : answer.data.pagination.total > 0;
  const steps: readonly (readonly [done: boolean | undefined, text: string, to: string])[] = [
    [some(connections), 'Connect a provider', '/connections'],
    [some(features), 'Define a feature', '/features'],
    [some(plans), 'Make a plan', '/plans/new'],
    [some(customers), 'Add a customer', '/customers'],
    [
      events.data === undefined ? undefined : events.data.events.length > 0,
      'Send an event',
      '/usage?by=events',
    ],
    [some(invoices), 'See the invoice', '/invoices'],
  ];
  // What cannot be read is no reason to ask for it.
  if (!steps.some(([done]) => done === false)) return null;
  return (
    <Card title="To begin with">
      <ol className="steps">
        {steps.map(([done, text, to]) => (
          <li key={text} data-done={done === true}>
            <To to={to}>{text}</To>
            {done === true && (
              <Text span size="sm" c="dimmed">
                {' '}
                done
              </Text>
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}

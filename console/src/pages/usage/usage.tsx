import { Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { useNow } from '../../api/environment';
import { formatQuantity } from '../../format/money';
import { useAddress, Views } from '../../parts/filters';
import { Card, Page } from '../../parts/page';
import { CustomerPicker, FeaturePicker } from '../../parts/pickers';
import { Answer, Empty } from '../../parts/states';
import { Table } from '../../parts/table';
import { Id, Instant, Quantity } from '../../parts/text';
import { Raw } from '../../parts/timeline';
import { CustomerUsage } from './customer-usage';
import { dayLabel, RANGES, rangeOf, UsageChart } from './days';

export function Component(): ReactNode {
  const [at, go] = useAddress('by', 'customer', 'feature');
  const byFeature = at.by === 'feature';
  return (
    <Page title="Usage" subtitle="What was used, by customer or by feature, and the events themselves.">
      <Views
        label="Usage of"
        views={[
          { value: '', label: 'A customer' },
          { value: 'feature', label: 'A feature' },
          { value: 'events', label: 'Latest events' },
        ]}
        value={at.by}
        change={(by) => {
          go({ by });
        }}
      />
      {at.by === 'events' ? (
        <LatestEvents />
      ) : byFeature ? (
        <>
          <Group>
            <FeaturePicker
              label="Feature"
              value={at.feature}
              change={(feature) => {
                go({ feature });
              }}
            />
          </Group>
          {at.feature === '' ? (
            <Empty title="Choose a feature" text="Its usage by all customers is shown by day." />
          ) : (
            <FeatureUsage featureId={at.feature} />
          )}
        </>
      ) : (
        <>
          <Group>
            <CustomerPicker
              label="Customer"
              value={at.customer}
              change={(customer) => {
                go({ customer });
              }}
            />
          </Group>
          {at.customer === '' ? (
            <Empty
              title="Choose a customer"
              text="What it has used is shown by feature and day, with its cost."
            />
          ) : (
            <UsageOfCustomer id={at.customer} />
          )}
        </>
      )}
    </Page>
  );
}

function UsageOfCustomer({ id }: { readonly id: string }): ReactNode {
  const customer = api.useQuery('get', '/v1/customers/{id}', { params: { path: { id } } });
  return (
    <Answer of={customer}>{({ external_id: external }) => <CustomerUsage externalId={external} />}</Answer>
  );
}

function FeatureUsage({ featureId }: { readonly featureId: string }): ReactNode {
  const [at, go] = useAddress('days');
  const range = rangeOf(useNow(), at.days);
  const features = api.useQuery('post', '/v1/features/search', { body: { feature_ids: [featureId] } });
  const feature = features.data?.items[0];
  const usage = api.useQuery(
    'post',
    '/v1/events/usage/meter',
    {
      body: {
        meter_id: feature?.meter_id ?? '',
        start_time: range.start.toISOString(),
        end_time: range.end.toISOString(),
        window_size: 'DAY',
      },
    },
    { enabled: feature !== undefined },
  );
  return (
    <Stack>
      <Views
        label="Range"
        views={RANGES}
        value={at.days}
        change={(days) => {
          go({ days });
        }}
      />
      <Answer of={usage}>
        {({ value, results }) => (
          <>
            <Card title={`${feature?.name ?? ''}: ${formatQuantity(value)} in all`}>
              <UsageChart
                range={range}
                summary={`Usage by day of ${feature?.name ?? 'the feature'}; the table below has the figures.`}
                series={[
                  {
                    name: feature?.name ?? 'Usage',
                    points: new Map(results.map((one) => [dayLabel(one.window_size), one.value])),
                  },
                ]}
              />
            </Card>
            <Card title="By day">
              <Table
                label="Usage by day"
                rows={results.filter((one) => one.value !== 0)}
                rowKey={(one) => one.window_size}
                empty={{
                  title: 'Nothing was used in these days',
                  text: 'No event counted for this feature.',
                }}
                columns={[
                  { title: 'Day', cell: (one) => dayLabel(one.window_size) },
                  { title: 'Usage', end: true, cell: (one) => <Quantity value={one.value} /> },
                ]}
              />
            </Card>
          </>
        )}
      </Answer>
    </Stack>
  );
}

function LatestEvents(): ReactNode {
  const events = api.useQuery(
    'post',
    '/v1/events/query',
    { body: { page_size: 50, order: 'desc' } },
    { refetchInterval: 5_000 },
  );
  return (
    <Table
      label="Latest events"
      rows={events.data?.events}
      rowKey={({ id }) => id}
      error={events.error}
      retry={events.refetch}
      empty={{
        title: 'No events yet',
        text: 'Events appear here as soon as they are sent, whether anything counts them or not.',
        curl: `curl $URL/v1/events -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"event_name": "tokens.used", "external_customer_id": "acme", "properties": {"tokens": 42}}'`,
      }}
      columns={[
        {
          title: 'Event',
          cell: (one) => (
            <>
              {one.event_name} <Id value={one.id} />
            </>
          ),
        },
        { title: 'Customer', cell: (one) => one.external_customer_id },
        { title: 'When', cell: (one) => <Instant at={one.timestamp} /> },
        { title: 'Source', cell: (one) => one.source ?? '–' },
        { title: 'Properties', cell: (one) => <Raw value={one.properties} label="Show" /> },
      ]}
    />
  );
}

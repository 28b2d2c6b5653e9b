import { Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { useNow } from '../../api/environment';
import type { UsageItem } from '../../api/types';
import { sentence } from '../../format/words';
import { useAddress, Views } from '../../parts/filters';
import { Card } from '../../parts/page';
import { Answer, Empty } from '../../parts/states';
import { Table } from '../../parts/table';
import { Money, Quantity } from '../../parts/text';
import type { Series } from './chart';
import { dayLabel, RANGES, rangeOf, UsageChart } from './days';

/** By feature: one that several subscriptions price is used once. */
function seriesOf(items: readonly UsageItem[]): readonly Series[] {
  const series = new Map<string, { name: string; points: Map<string, number> }>();
  for (const item of items) {
    const one = series.get(item.feature_id) ?? { name: item.name, points: new Map<string, number>() };
    for (const point of item.points) {
      const day = dayLabel(point.timestamp);
      one.points.set(day, (one.points.get(day) ?? 0) + Number(point.usage));
    }
    series.set(item.feature_id, one);
  }
  return [...series.values()];
}

/** What a customer has used, by feature and day, and what it costs. */
export function CustomerUsage({ externalId }: { readonly externalId: string }): ReactNode {
  const [at, go] = useAddress('days');
  const range = rangeOf(useNow(), at.days);
  const usage = api.useQuery('post', '/v1/events/analytics', {
    body: {
      external_customer_id: externalId,
      start_time: range.start.toISOString(),
      end_time: range.end.toISOString(),
      window_size: 'DAY',
    },
  });
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
        {({ items, total_cost: cost, currency }) =>
          items.length === 0 ? (
            <Empty
              title="Nothing was used in these days"
              text="Events that name this customer and count for a feature appear here as soon as they are sent."
              curl={`curl $URL/v1/events -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"event_name": "…", "external_customer_id": "${externalId}", "properties": {}}'`}
            />
          ) : (
            <>
              <Card title="Usage by day">
                <UsageChart
                  range={range}
                  summary={`Usage by day of ${items.map(({ name }) => name).join(', ')}; the table below has the figures.`}
                  series={seriesOf(items)}
                />
              </Card>
              <Card title="By feature">
                <Table
                  label="Usage by feature"
                  rows={items}
                  rowKey={(item) => `${item.feature_id}${item.price_id ?? ''}${item.subscription_id ?? ''}`}
                  empty={{ title: '', text: '' }}
                  columns={[
                    { title: 'Feature', cell: (item) => item.name },
                    { title: 'Measured', cell: (item) => sentence(item.aggregation_type) },
                    { title: 'Events', end: true, cell: (item) => <Quantity value={item.event_count} /> },
                    { title: 'Usage', end: true, cell: (item) => <Quantity value={item.total_usage} /> },
                    {
                      title: 'Cost',
                      end: true,
                      cell: (item) =>
                        item.currency === null ? (
                          '–'
                        ) : (
                          <Money amount={item.total_cost} currency={item.currency} />
                        ),
                    },
                  ]}
                />
                {currency !== '' && (
                  <dl className="totals">
                    <dt className="sum">Cost, as if the days were one period</dt>
                    <dd className="sum">
                      <Money amount={cost} currency={currency} />
                    </dd>
                  </dl>
                )}
              </Card>
            </>
          )
        }
      </Answer>
    </Stack>
  );
}

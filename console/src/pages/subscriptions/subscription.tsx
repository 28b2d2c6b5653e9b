import { Button, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useParams } from 'react-router';
import { api, body, client, useAction } from '../../api/client';
import type { Subscription } from '../../api/types';
import { everyPeriod, sentence } from '../../format/words';
import { useAddress } from '../../parts/filters';
import { Card, Columns, Facts, Page } from '../../parts/page';
import { Answer, Problem } from '../../parts/states';
import { Table } from '../../parts/table';
import { Day, Id, Instant, Period, Pill, Quantity, To } from '../../parts/text';
import { cadence, PriceTerms } from '../../parts/price';
import { SyncTimeline } from '../../parts/timeline';
import { Preview } from '../customers/subscriptions-of';
import { InvoiceTable } from '../invoices/invoice-table';
import { SubscriptionActions } from './subscription-actions';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const subscription = api.useQuery('get', '/v1/subscriptions/{id}', {
    params: { path: { id }, query: { expand: 'customer,plan' } },
  });
  const found = subscription.data;
  const who = found?.customer?.name;
  return (
    <Page
      title={
        found === undefined
          ? 'Subscription'
          : `${found.plan?.name ?? 'Subscription'}${who === undefined ? '' : ` for ${who}`}`
      }
      under={{ to: '/subscriptions', label: 'Subscriptions' }}
      status={found === undefined ? undefined : <Pill status={found.subscription_status} />}
      subtitle={<Id value={id} />}
      actions={found === undefined ? undefined : <SubscriptionActions subscription={found} />}
    >
      <Answer of={subscription} lines={10}>
        {(one) => <Columns main={<Main subscription={one} />} side={<Side subscription={one} />} />}
      </Answer>
    </Page>
  );
}

function Main({ subscription }: { readonly subscription: Subscription }): ReactNode {
  const [at, go] = useAddress('page');
  const runs = ['active', 'trialing'].includes(subscription.subscription_status);
  return (
    <>
      <Card title="What is charged">
        <Table
          label="Lines"
          rows={subscription.line_items}
          rowKey={({ id }) => id}
          empty={{ title: 'No lines', text: 'Nothing is charged by this subscription.' }}
          columns={[
            { title: 'What', cell: (line) => line.display_name },
            {
              title: 'Price',
              cell: (line) => (line.price === null ? '–' : <PriceTerms price={line.price} />),
            },
            {
              title: 'Charged',
              cell: (line) =>
                `${cadence(line)}, ${line.invoice_cadence === 'ADVANCE' ? 'in advance' : 'afterwards'}`,
            },
            {
              title: 'Quantity',
              end: true,
              cell: (line) => (line.price_type === 'USAGE' ? 'as used' : <Quantity value={line.quantity} />),
            },
            {
              title: 'Ends',
              cell: (line) =>
                line.end_date === null ? '–' : <Day at={line.end_date} zone={subscription.timezone} />,
            },
          ]}
        />
      </Card>
      {runs && <Preview subscription={subscription} />}
      <Card title="Invoices">
        <InvoiceTable filter={{ subscription_id: subscription.id }} page={at.page} go={go} withoutCustomer />
      </Card>
    </>
  );
}

function Side({ subscription }: { readonly subscription: Subscription }): ReactNode {
  const zone = subscription.timezone;
  return (
    <>
      <Card title="Facts">
        <Facts
          facts={[
            [
              'Customer',
              <To to={`/customers/${subscription.customer_id}`}>
                <bdi>{subscription.customer?.name ?? subscription.customer_id}</bdi>
              </To>,
            ],
            [
              'Plan',
              <To to={`/plans/${subscription.plan_id}`}>
                {subscription.plan?.name ?? subscription.plan_id}
              </To>,
            ],
            [
              'Current period',
              <Period
                start={subscription.current_period_start}
                end={subscription.current_period_end}
                zone={zone}
              />,
            ],
            [
              'Billed',
              `every ${everyPeriod(subscription.billing_period, subscription.billing_period_count)}`,
            ],
            ['Paid', subscription.collection_method === 'send_invoice' ? 'by invoice' : 'by the saved card'],
            subscription.trial_end === null
              ? undefined
              : ['Trial until', <Day at={subscription.trial_end} zone={zone} />],
            subscription.cancel_at === null ? undefined : ['Ends', <Instant at={subscription.cancel_at} />],
            subscription.cancelled_at === null
              ? undefined
              : ['Cancelled', <Instant at={subscription.cancelled_at} />],
            ['Began', <Day at={subscription.start_date} zone={zone} />],
            ['Time zone', zone],
            ['Currency', subscription.currency.toUpperCase()],
          ]}
        />
      </Card>
      <Planned subscriptionId={subscription.id} />
      <Card title="Sync timeline">
        <SyncTimeline
          entityId={subscription.id}
          none="Nothing of this subscription is synced: it was not taken over from a provider."
        />
      </Card>
    </>
  );
}

function Planned({ subscriptionId }: { readonly subscriptionId: string }): ReactNode {
  const planned = api.useQuery('get', '/v1/subscriptions/{id}/schedules', {
    params: { path: { id: subscriptionId } },
  });
  const withdraw = useAction(
    (id: string) =>
      body(client.POST('/v1/subscriptions/schedules/{id}/cancel', { params: { path: { id } } })),
    'The planned change is withdrawn',
  );
  const schedules = (planned.data?.schedules ?? []).filter((one) => one.can_be_cancelled);
  if (schedules.length === 0) return null;
  return (
    <Card title="Planned">
      {schedules.map((one) => (
        <div key={one.id}>
          <Text size="sm" component="div">
            {sentence(one.schedule_type)} on <Day at={one.scheduled_at} />
          </Text>
          <Button
            size="xs"
            variant="default"
            loading={withdraw.isPending}
            onClick={() => {
              withdraw.mutate(one.id);
            }}
          >
            Withdraw
          </Button>
        </div>
      ))}
      <Problem error={withdraw.error} />
    </Card>
  );
}

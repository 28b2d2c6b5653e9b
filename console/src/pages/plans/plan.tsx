import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useNavigate, useParams } from 'react-router';
import { api, body, client, useAction } from '../../api/client';
import type { Plan } from '../../api/types';
import { sentence } from '../../format/words';
import { Card, Columns, Facts, Page } from '../../parts/page';
import { cadence, PriceTerms } from '../../parts/price';
import { Sheet } from '../../parts/sheet';
import { Answer } from '../../parts/states';
import { Table } from '../../parts/table';
import { Id, Instant, Quantity } from '../../parts/text';
import { SyncTimeline } from '../../parts/timeline';
import { SubscriptionTable } from '../subscriptions/subscription-table';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const plan = api.useQuery('get', '/v1/plans/{id}', { params: { path: { id } } });
  const found = plan.data;
  return (
    <Page
      title={found?.name ?? 'Plan'}
      under={{ to: '/plans', label: 'Plans' }}
      subtitle={<Id value={id} />}
      actions={found === undefined ? undefined : <Delete plan={found} />}
    >
      <Answer of={plan} lines={8}>
        {(one) => (
          <Columns
            main={
              <>
                <Prices plan={one} />
                <Included plan={one} />
                <Card title="Subscriptions">
                  <SubscriptionTable
                    filter={{ plan_id: id }}
                    limit={10}
                    empty={{ title: 'Nobody is on this plan', text: 'Subscribe a customer from its page.' }}
                  />
                </Card>
              </>
            }
            side={
              <>
                <Card title="Facts">
                  <Facts
                    facts={[
                      ['Your id', one.lookup_key],
                      ['Description', one.description],
                      ...Object.entries(one.metadata).map(([name, value]) => [name, value] as const),
                      ['Created', <Instant at={one.created_at} />],
                    ]}
                  />
                </Card>
                <Card title="Sync timeline">
                  <SyncTimeline
                    entityId={id}
                    none="This plan was not synced: no connection sends plans or takes them over."
                  />
                </Card>
              </>
            }
          />
        )}
      </Answer>
    </Page>
  );
}

function Prices({ plan }: { readonly plan: Plan }): ReactNode {
  return (
    <Card title="Prices">
      <Table
        label="Prices"
        rows={plan.prices ?? []}
        rowKey={({ id }) => id}
        empty={{ title: 'No prices', text: 'Whoever subscribes to this plan is charged nothing.' }}
        columns={[
          {
            title: 'What',
            cell: (price) => (
              <>
                {price.display_name ?? price.meter?.name ?? 'Price'} <Id value={price.id} />
              </>
            ),
          },
          { title: 'Kind', cell: (price) => (price.type === 'USAGE' ? 'By usage' : 'Fixed') },
          { title: 'Price', cell: (price) => <PriceTerms price={price} /> },
          {
            title: 'Charged',
            cell: (price) =>
              `${cadence(price)}, ${price.invoice_cadence === 'ADVANCE' ? 'in advance' : 'afterwards'}`,
          },
          { title: 'Currency', cell: (price) => price.currency.toUpperCase() },
        ]}
      />
    </Card>
  );
}

function Included({ plan }: { readonly plan: Plan }): ReactNode {
  if ((plan.entitlements ?? []).length === 0) return null;
  return (
    <Card title="Included">
      <Table
        label="Entitlements"
        rows={plan.entitlements ?? []}
        rowKey={({ id }) => id}
        empty={{ title: '', text: '' }}
        columns={[
          { title: 'Feature', cell: (one) => one.feature.name },
          {
            title: 'How much',
            cell: (one) =>
              one.feature_type !== 'metered' ? (
                (one.static_value ?? (one.is_enabled ? 'Yes' : 'No'))
              ) : one.usage_limit === null ? (
                'no limit'
              ) : (
                <Quantity value={one.usage_limit} />
              ),
          },
          {
            title: 'Begins again',
            cell: (one) => (one.usage_reset_period === null ? '–' : sentence(one.usage_reset_period)),
          },
          { title: 'Beyond it', cell: (one) => (one.is_soft_limit ? 'goes on' : 'is over') },
        ]}
      />
    </Card>
  );
}

function Delete({ plan }: { readonly plan: Plan }): ReactNode {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const close = (): void => {
    setOpen(false);
  };
  const remove = useAction(
    () => body(client.DELETE('/v1/plans/{id}', { params: { path: { id: plan.id } } })),
    'The plan is deleted',
  );
  return (
    <>
      <Button
        variant="default"
        onClick={() => {
          setOpen(true);
        }}
      >
        Delete
      </Button>
      <Sheet
        title={`Delete ${plan.name}`}
        open={open}
        close={close}
        danger
        button="Delete the plan"
        consequence="Deletes the plan. It is refused while a subscription uses it."
        action={remove}
        submit={() => {
          remove.mutate(undefined, { onSuccess: () => void navigate('/plans') });
        }}
      />
    </>
  );
}

import type { ReactNode } from 'react';
import { api } from '../../api/client';
import type { Subscription } from '../../api/types';
import { everyPeriod } from '../../format/words';
import type { Teaching } from '../../parts/states';
import { offsetOf, Pager, PAGE_SIZE, Table, type Column } from '../../parts/table';
import { Day, Id, Period, Pill, To } from '../../parts/text';

type Status = 'active' | 'paused' | 'cancelled' | 'incomplete' | 'trialing' | 'draft';

export interface SubscriptionFilter {
  readonly customer_id?: string;
  readonly plan_id?: string;
  readonly subscription_status?: Status[];
}

const NOTHING: Teaching = {
  title: 'No subscriptions yet',
  text: 'A subscription puts a customer on a plan: from then on each period is billed by itself.',
  curl: `curl $URL/v1/subscriptions -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"customer_id": "…", "plan_id": "…"}'`,
};

/** One word for its state, with what is planned. */
export function SubscriptionState({ of: one }: { readonly of: Subscription }): ReactNode {
  return (
    <>
      <Pill status={one.subscription_status} />
      {one.cancel_at !== null && one.cancelled_at === null && (
        <>
          {' '}
          ends <Day at={one.cancel_at} zone={one.timezone} />
        </>
      )}
    </>
  );
}

export function SubscriptionTable(props: {
  readonly filter: SubscriptionFilter;
  readonly limit?: number;
  readonly page?: string;
  readonly go?: (change: { readonly page: string }) => void;
  readonly withoutCustomer?: boolean;
  readonly empty?: Teaching;
}): ReactNode {
  const { filter, limit = PAGE_SIZE, page = '', go, withoutCustomer, empty = NOTHING } = props;
  const subscriptions = api.useQuery('post', '/v1/subscriptions/search', {
    body: { ...filter, limit, offset: offsetOf(page), expand: 'customer,plan' },
  });
  const customer: Column<Subscription> = {
    title: 'Customer',
    cell: (one) => (
      <To to={`/customers/${one.customer_id}`}>
        <bdi>{one.customer?.name ?? one.customer_id}</bdi>
      </To>
    ),
  };
  return (
    <>
      <Table
        label="Subscriptions"
        rows={subscriptions.data?.items}
        rowKey={({ id }) => id}
        error={subscriptions.error}
        retry={subscriptions.refetch}
        empty={empty}
        columns={[
          {
            title: 'Plan',
            cell: (one) => (
              <>
                <To to={`/subscriptions/${one.id}`} row>
                  {one.plan?.name ?? one.plan_id}
                </To>
                <br />
                <Id value={one.id} />
              </>
            ),
          },
          ...(withoutCustomer === true ? [] : [customer]),
          { title: 'Status', cell: (one) => <SubscriptionState of={one} /> },
          {
            title: 'Current period',
            cell: (one) => (
              <Period start={one.current_period_start} end={one.current_period_end} zone={one.timezone} />
            ),
          },
          {
            title: 'Billed',
            cell: (one) => `every ${everyPeriod(one.billing_period, one.billing_period_count)}`,
          },
          { title: 'Since', cell: (one) => <Day at={one.start_date} zone={one.timezone} /> },
        ]}
      />
      {go !== undefined && <Pager of={subscriptions.data} page={page} go={go} />}
    </>
  );
}

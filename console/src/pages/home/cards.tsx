import { Skeleton, Text } from '@mantine/core';
import type { ComponentType, ReactNode } from 'react';
import { Link } from 'react-router';
import { api } from '../../api/client';
import { formatMoney, formatQuantity } from '../../format/money';

/** The cards of the home page, in their order. Another one is a component in this list. */
export const CARDS: readonly ComponentType[] = [
  Revenue,
  Recurring,
  Owed,
  PaymentSuccess,
  SyncHealth,
  Customers,
];

const useBilling = () => api.useQuery('get', '/v1/dashboards/billing', {});

function Revenue(): ReactNode {
  const { data, error } = useBilling();
  const rows = data?.revenue.map(({ currency, this_month, previous_month_to_date: before }) => ({
    figure: formatMoney(this_month, currency),
    beside: `${formatMoney(before, currency)} at this time last month`,
  }));
  return (
    <Tile label="Revenue this month" to="/invoices" rows={rows} none="Nothing was invoiced" error={error} />
  );
}

function Recurring(): ReactNode {
  const { data, error } = useBilling();
  const rows = data?.mrr.map(({ currency, amount, subscription_count: count }) => ({
    figure: formatMoney(amount, currency),
    beside: `${formatQuantity(count)} ${count === 1 ? 'subscription' : 'subscriptions'}`,
  }));
  return (
    <Tile
      label="Monthly recurring revenue"
      to="/subscriptions?status=active"
      rows={rows}
      none="No active subscription"
      error={error}
    />
  );
}

function Owed(): ReactNode {
  const { data, error } = useBilling();
  const overdue = (data?.invoices ?? []).filter(({ state }) => state === 'overdue');
  const owed = (data?.invoices ?? []).filter(({ state }) => state === 'open' || state === 'overdue');
  const rows =
    data &&
    [...new Set(owed.map(({ currency }) => currency))].map((currency) => {
      const late = overdue.find((one) => one.currency === currency);
      const open = owed.find((one) => one.currency === currency && one.state === 'open');
      return late === undefined
        ? { figure: formatMoney(open?.amount ?? '0', currency), beside: 'open, none is past due' }
        : {
            figure: formatMoney(late.amount, currency),
            beside: `past due; ${formatMoney(open?.amount ?? '0', currency)} more is open`,
          };
    });
  return (
    <Tile
      label="Owed to you"
      to="/invoices?view=open"
      rows={rows}
      none="Every invoice is paid"
      error={error}
    />
  );
}

function PaymentSuccess(): ReactNode {
  const { data, error } = useBilling();
  const paid = data?.payments;
  const rows =
    paid &&
    (paid.success_rate === null
      ? []
      : [
          {
            figure: percent(paid.success_rate),
            beside: `${formatQuantity(paid.failed)} failed in 30 days${
              paid.previous.success_rate === null ? '' : `; ${percent(paid.previous.success_rate)} before`
            }`,
          },
        ]);
  return (
    <Tile label="Payment success" to="/payments" rows={rows} none="No payment in 30 days" error={error} />
  );
}

function SyncHealth(): ReactNode {
  const { data, error } = api.useQuery('get', '/v1/dashboards/integrations', {});
  const rows =
    data &&
    (data.sync.success_rate === null
      ? []
      : [
          {
            figure: percent(data.sync.success_rate),
            beside: `${formatQuantity(data.stuck_operations.count)} stuck`,
          },
        ]);
  return (
    <Tile label="Sync health" to="/sync" rows={rows} none="Nothing was synced in 30 days" error={error} />
  );
}

function Customers(): ReactNode {
  const { data, error } = api.useQuery('get', '/v1/dashboards/customers', {});
  const rows = data && [
    {
      figure: formatQuantity(data.active),
      beside: `${formatQuantity(data.new.count)} new, ${formatQuantity(data.churned.count)} left in 30 days`,
    },
  ];
  return <Tile label="Active customers" to="/customers" rows={rows} none="" error={error} />;
}

const percent = (share: number): string =>
  share.toLocaleString(undefined, { style: 'percent', maximumFractionDigits: 1 });

function Tile(props: {
  readonly label: string;
  readonly to: string;
  /** One for each currency: amounts of different ones are not added up. */
  readonly rows: readonly { readonly figure: string; readonly beside: string }[] | undefined;
  readonly none: string;
  readonly error: unknown;
}): ReactNode {
  const { rows, error } = props;
  return (
    <Link to={props.to} className="card tile">
      <Text size="sm" c="dimmed">
        {props.label}
      </Text>
      {rows === undefined ? (
        error !== null && error !== undefined ? (
          <Text size="sm">not readable with this key</Text>
        ) : (
          <Skeleton height={28} width={90} />
        )
      ) : rows.length === 0 ? (
        <Text size="sm">{props.none}</Text>
      ) : (
        rows.map(({ figure, beside }) => (
          <div key={figure}>
            <div className="big-figure">{figure}</div>
            <Text size="xs" c="dimmed">
              {beside}
            </Text>
          </div>
        ))
      )}
    </Link>
  );
}

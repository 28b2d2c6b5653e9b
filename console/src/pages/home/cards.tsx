import { Skeleton, Text } from '@mantine/core';
import type { ComponentType, ReactNode } from 'react';
import { Link } from 'react-router';
import { api } from '../../api/client';
import { useEnvironment } from '../../api/environment';
import { formatQuantity } from '../../format/money';

/** The cards of the home page, in their order. Another one is a component in this list. */
export const CARDS: readonly ComponentType[] = [Active, Open, PastDue, FailedPayments];

const NO_ITEMS = { limit: 1, skip_line_items: true };

function Active(): ReactNode {
  const answer = api.useQuery('post', '/v1/subscriptions/search', {
    body: { subscription_status: ['active', 'trialing'], limit: 1 },
  });
  return <Count label="Active subscriptions" to="/subscriptions?status=active" of={answer} />;
}

function Open(): ReactNode {
  const answer = api.useQuery('post', '/v1/invoices/search', {
    body: { ...NO_ITEMS, invoice_status: ['FINALIZED'], amount_remaining_gt: 0 },
  });
  return <Count label="Open invoices" to="/invoices?view=open" of={answer} />;
}

function PastDue(): ReactNode {
  const environment = useEnvironment();
  const answer = api.useQuery(
    'post',
    '/v1/invoices/search',
    {
      body: {
        ...NO_ITEMS,
        invoice_status: ['FINALIZED'],
        amount_remaining_gt: 0,
        filters: [{ field: 'due_date', operator: 'before', value: { date: environment?.now ?? '' } }],
      },
    },
    { enabled: environment !== undefined },
  );
  return <Count label="Past due invoices" to="/invoices?view=past-due" of={answer} />;
}

function FailedPayments(): ReactNode {
  const answer = api.useQuery('get', '/v1/payments', {
    params: { query: { payment_status: 'FAILED', limit: 1 } },
  });
  return <Count label="Failed payments" to="/payments?status=FAILED" of={answer} />;
}

interface Counted {
  readonly data: { readonly pagination: { readonly total: number } } | undefined;
  readonly error: unknown;
}

function Count(props: { readonly label: string; readonly to: string; readonly of: Counted }): ReactNode {
  const { data, error } = props.of;
  return (
    <Link to={props.to} className="card tile">
      <Text size="sm" c="dimmed">
        {props.label}
      </Text>
      <div className="big-figure">
        {data !== undefined ? (
          formatQuantity(data.pagination.total)
        ) : error !== null && error !== undefined ? (
          <Text span size="sm">
            not readable with this key
          </Text>
        ) : (
          <Skeleton height={28} width={60} />
        )}
      </div>
    </Link>
  );
}

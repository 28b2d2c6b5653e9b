import { Button, Stack, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api } from '../../api/client';
import type { Customer, Subscription } from '../../api/types';
import { Card } from '../../parts/page';
import { Answer } from '../../parts/states';
import { Money, Period, Quantity } from '../../parts/text';
import { SubscriptionTable } from '../subscriptions/subscription-table';

export function Subscriptions({ customer }: { readonly customer: Customer }): ReactNode {
  const running = api.useQuery('post', '/v1/subscriptions/search', {
    body: {
      customer_id: customer.id,
      subscription_status: ['active', 'trialing'],
      limit: 10,
      expand: 'plan',
    },
  });
  return (
    <>
      <Card title="Subscriptions">
        <SubscriptionTable filter={{ customer_id: customer.id }} limit={10} withoutCustomer />
      </Card>
      {running.data?.items.map((subscription) => (
        <Preview key={subscription.id} subscription={subscription} />
      ))}
    </>
  );
}

/** What the end of the period would bill, given the usage so far: asked for only when somebody wants to see it. */
export function Preview({ subscription }: { readonly subscription: Subscription }): ReactNode {
  const [wanted, setWanted] = useState(false);
  const preview = api.useQuery(
    'post',
    '/v1/invoices/preview',
    { body: { subscription_id: subscription.id } },
    { enabled: wanted },
  );
  return (
    <Card
      title={`What ${(subscription.plan as Subscription['plan'] | undefined)?.name ?? 'it'} would bill today`}
      aside={
        !wanted && (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setWanted(true);
            }}
          >
            Preview
          </Button>
        )
      }
    >
      {!wanted ? (
        <Text size="sm" c="dimmed">
          The next invoice of the period{' '}
          <Period start={subscription.current_period_start} end={subscription.current_period_end} />, with the
          usage so far. Nothing is stored.
        </Text>
      ) : (
        <Answer of={preview}>
          {(invoice) => (
            <Stack gap="xs">
              <dl className="totals" style={{ width: '100%' }}>
                {invoice.line_items?.map((line, index) => (
                  <Line key={index}>
                    <dt>
                      {line.display_name} × <Quantity value={line.quantity} />
                    </dt>
                    <dd>
                      <Money amount={line.amount} currency={line.currency} />
                    </dd>
                  </Line>
                ))}
                <dt className="sum">Total</dt>
                <dd className="sum">
                  <Money amount={invoice.total} currency={invoice.currency} />
                </dd>
              </dl>
            </Stack>
          )}
        </Answer>
      )}
    </Card>
  );
}

const Line = ({ children }: { readonly children: ReactNode }): ReactNode => <>{children}</>;

import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { sentence } from '../../format/words';
import { Filters, useAddress, Views } from '../../parts/filters';
import { Page } from '../../parts/page';
import { NewSubscription } from './new-subscription';
import { SubscriptionTable } from './subscription-table';

const STATES = ['active', 'trialing', 'paused', 'incomplete', 'draft', 'cancelled'] as const;

export function Component(): ReactNode {
  const [at, go] = useAddress('status', 'page');
  const [adding, setAdding] = useState(false);
  const status = STATES.find((one) => one === at.status);
  return (
    <Page
      title="Subscriptions"
      actions={
        <Button
          onClick={() => {
            setAdding(true);
          }}
        >
          Subscribe a customer
        </Button>
      }
    >
      <Filters>
        <Views
          label="Status"
          views={[{ value: '', label: 'All' }, ...STATES.map((value) => ({ value, label: sentence(value) }))]}
          value={at.status}
          change={(next) => {
            go({ status: next });
          }}
        />
      </Filters>
      <SubscriptionTable
        filter={status === undefined ? {} : { subscription_status: [status] }}
        page={at.page}
        go={go}
        {...(status === undefined
          ? {}
          : { empty: { title: `None is “${sentence(status)}”`, text: 'Choose another view.' } })}
      />
      <NewSubscription
        open={adding}
        close={() => {
          setAdding(false);
        }}
      />
    </Page>
  );
}

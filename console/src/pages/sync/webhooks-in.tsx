import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { sentence } from '../../format/words';
import { Filters, useAddress, Views } from '../../parts/filters';
import { Page } from '../../parts/page';
import { Problem } from '../../parts/states';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Id, Instant, Pill, Reason } from '../../parts/text';
import { useRetry } from '../../parts/timeline';

const STATES = ['parked', 'retrying', 'handled', 'skipped', 'received'] as const;

export function Component(): ReactNode {
  const [at, go] = useAddress('state', 'connection', 'page');
  const state = STATES.find((one) => one === at.state);
  const events = api.useQuery(
    'get',
    '/v1/integrations/webhook-events',
    {
      params: {
        query: {
          limit: PAGE_SIZE,
          offset: offsetOf(at.page),
          ...(state === undefined ? {} : { state: [state] }),
          ...(at.connection === '' ? {} : { connection_id: at.connection }),
        },
      },
    },
    { refetchInterval: 10_000 },
  );
  const retry = useRetry();
  return (
    <Page title="Webhooks in" subtitle="What the providers have told, and what became of it.">
      <Filters>
        <Views
          label="State"
          views={[{ value: '', label: 'All' }, ...STATES.map((value) => ({ value, label: sentence(value) }))]}
          value={at.state}
          change={(next) => {
            go({ state: next });
          }}
        />
      </Filters>
      <Problem error={retry.error} />
      <Table
        label="Webhooks of providers"
        rows={events.data?.items}
        rowKey={({ id }) => id}
        error={events.error}
        retry={events.refetch}
        empty={
          state === undefined
            ? {
                title: 'No webhook has come yet',
                text: 'A connection shows the address to enter at its provider. Lost webhooks are also found by asking the provider, once a minute.',
              }
            : { title: `Nothing is “${sentence(state)}”`, text: 'No webhook is in that state.' }
        }
        columns={[
          { title: 'Event', cell: (one) => one.type },
          { title: 'Id at the provider', cell: (one) => <Id value={one.provider_event_id} /> },
          { title: 'Provider', cell: (one) => sentence(one.provider) },
          {
            title: 'State',
            cell: (one) => (
              <>
                <Pill status={one.state} />
                <Reason text={one.reason} />
              </>
            ),
          },
          { title: 'Signed', cell: (one) => (one.verified ? 'Yes' : 'No, only a hint') },
          { title: 'Received', cell: (one) => <Instant at={one.received_at} /> },
          {
            title: 'Action',
            end: true,
            cell: (one) =>
              ['parked', 'retrying', 'skipped'].includes(one.state) && (
                <Button
                  size="compact-sm"
                  variant="default"
                  loading={retry.isPending && retry.variables.id === one.id}
                  onClick={() => {
                    retry.mutate({ kind: 'webhook-events', id: one.id });
                  }}
                >
                  Handle again
                </Button>
              ),
          },
        ]}
      />
      <Pager of={events.data} page={at.page} go={go} />
    </Page>
  );
}

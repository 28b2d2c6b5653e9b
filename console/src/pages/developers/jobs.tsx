import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { api, body, client, useAction } from '../../api/client';
import { sentence } from '../../format/words';
import { Filters, useAddress, Views } from '../../parts/filters';
import { Page } from '../../parts/page';
import { Problem } from '../../parts/states';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Id, Instant, Pill, Reason } from '../../parts/text';

const STATES = ['parked', 'queued', 'running', 'done'] as const;

export function Component(): ReactNode {
  const [at, go] = useAddress('state', 'page');
  const state = STATES.find((one) => one === at.state) ?? 'parked';
  const jobs = api.useQuery(
    'get',
    '/v1/jobs',
    { params: { query: { state: [state], limit: PAGE_SIZE, offset: offsetOf(at.page) } } },
    { refetchInterval: 5_000 },
  );
  const retry = useAction(
    (id: string) => body(client.POST('/v1/jobs/{id}/retry', { params: { path: { id } } })),
    'It runs again now',
  );
  return (
    <Page
      title="Jobs"
      subtitle="What runs in the background. A parked job has failed for a day and waits for somebody."
    >
      <Filters>
        <Views
          label="State"
          views={STATES.map((value) => ({ value, label: sentence(value) }))}
          value={state}
          change={(next) => {
            go({ state: next === 'parked' ? '' : next });
          }}
        />
      </Filters>
      <Problem error={retry.error} />
      <Table
        label="Jobs"
        rows={jobs.data?.items}
        rowKey={({ id }) => id}
        error={jobs.error}
        retry={jobs.refetch}
        empty={
          state === 'parked'
            ? { title: 'Nothing is parked', text: 'Every job has done its work, or is still trying.' }
            : { title: `Nothing is ${state}`, text: 'No job is in that state.' }
        }
        columns={[
          {
            title: 'Job',
            cell: (one) => (
              <>
                {one.kind} <Id value={one.id} />
              </>
            ),
          },
          { title: 'About', cell: (one) => <Id value={one.key} /> },
          { title: 'State', cell: (one) => <Pill status={one.state} /> },
          { title: 'Tries', end: true, cell: (one) => one.attempts },
          { title: 'Last error', cell: (one) => <Reason text={one.last_error} /> },
          { title: 'Due', cell: (one) => <Instant at={one.run_at} /> },
          {
            title: 'Action',
            end: true,
            cell: (one) =>
              one.state === 'parked' && (
                <Button
                  size="compact-sm"
                  variant="default"
                  loading={retry.isPending && retry.variables === one.id}
                  onClick={() => {
                    retry.mutate(one.id);
                  }}
                >
                  Retry
                </Button>
              ),
          },
        ]}
      />
      <Pager of={jobs.data} page={at.page} go={go} />
    </Page>
  );
}

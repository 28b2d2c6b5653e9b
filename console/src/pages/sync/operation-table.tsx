import { Button, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import type { SyncOperation } from '../../api/types';
import { sentence } from '../../format/words';
import { Problem, type Teaching } from '../../parts/states';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Id, Instant, Pill, Reason, To } from '../../parts/text';
import { useRetry } from '../../parts/timeline';

export interface OperationFilter {
  readonly connection_id?: string;
  readonly provider?: string;
  readonly entity_type?: string;
  readonly entity_id?: string;
  readonly state?: SyncOperation['state'];
}

const NOTHING: Teaching = {
  title: 'Nothing was synced yet',
  text: 'What is told to a provider appears here: each customer, plan, invoice and refund, with what the provider answered.',
};

const PLACES: Readonly<Record<string, string>> = {
  customer: 'customers',
  invoice: 'invoices',
  plan: 'plans',
  subscription: 'subscriptions',
  payment: 'payments',
};

/** Where one reads about what an operation is of. */
export function EntityLink({ type, id }: { readonly type: string; readonly id: string }): ReactNode {
  const place = PLACES[type];
  return place === undefined ? (
    <Id value={id} />
  ) : (
    <To to={`/${place}/${id}`}>
      <span className="short" title={id}>
        {id}
      </span>
    </To>
  );
}

export const canRetry = ({ state }: Pick<SyncOperation, 'state'>): boolean =>
  ['failed', 'retrying', 'skipped'].includes(state);

export function OperationTable(props: {
  readonly filter: OperationFilter;
  readonly limit?: number;
  readonly page?: string;
  readonly go?: (change: { readonly page: string }) => void;
}): ReactNode {
  const { filter, limit = PAGE_SIZE, page = '', go } = props;
  const { state, ...others } = filter;
  const operations = api.useQuery(
    'get',
    '/v1/integrations/operations',
    {
      params: {
        query: {
          ...others,
          ...(state === undefined ? {} : { state: [state as 'failed'] }),
          limit,
          offset: offsetOf(page),
        },
      },
    },
    { refetchInterval: 10_000 },
  );
  const retry = useRetry();
  return (
    <Stack>
      <Problem error={retry.error} />
      <Table
        label="Sync operations"
        rows={operations.data?.items}
        rowKey={({ id }) => id}
        error={operations.error}
        retry={operations.refetch}
        empty={
          state === undefined
            ? NOTHING
            : {
                title: `Nothing is “${sentence(state)}”`,
                text: 'No operation of this kind is in that state.',
              }
        }
        columns={[
          {
            title: 'What',
            cell: (one) => (
              <To to={`/sync/${one.id}`} row>
                {sentence(one.action)} {one.entity_type}
              </To>
            ),
          },
          { title: 'Of', cell: (one) => <EntityLink type={one.entity_type} id={one.entity_id} /> },
          ...(filter.connection_id === undefined
            ? [{ title: 'Provider', cell: (one: SyncOperation) => sentence(one.provider) }]
            : []),
          {
            title: 'State',
            cell: (one) => (
              <>
                <Pill status={one.state} />
                <Reason text={one.reason} />
              </>
            ),
          },
          { title: 'Tries', end: true, cell: (one) => one.attempts },
          {
            title: 'Last tried',
            cell: (one) => <Instant at={one.last_tried_at} none="not yet" />,
          },
          {
            title: 'Action',
            end: true,
            cell: (one) =>
              canRetry(one) && (
                <Button
                  size="compact-sm"
                  variant="default"
                  loading={retry.isPending && retry.variables.id === one.id}
                  onClick={() => {
                    retry.mutate({ kind: 'operations', id: one.id });
                  }}
                >
                  Retry
                </Button>
              ),
          },
        ]}
      />
      {go !== undefined && <Pager of={operations.data} page={page} go={go} />}
    </Stack>
  );
}

import { Button, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useParams } from 'react-router';
import { api } from '../../api/client';
import { sentence } from '../../format/words';
import { Card, Columns, Facts, Page } from '../../parts/page';
import { Answer, Problem } from '../../parts/states';
import { Id, Instant, Pill, To } from '../../parts/text';
import { Calls, Raw, useRetry } from '../../parts/timeline';
import { canRetry, EntityLink } from './operation-table';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const operation = api.useQuery(
    'get',
    '/v1/integrations/operations/{id}',
    { params: { path: { id } } },
    { refetchInterval: 5_000 },
  );
  const retry = useRetry();
  const found = operation.data;
  return (
    <Page
      title={found === undefined ? 'Sync operation' : `${sentence(found.action)} ${found.entity_type}`}
      under={{ to: '/sync', label: 'Sync' }}
      status={found === undefined ? undefined : <Pill status={found.state} />}
      subtitle={<Id value={id} />}
      actions={
        found !== undefined &&
        canRetry(found) && (
          <Button
            loading={retry.isPending}
            onClick={() => {
              retry.mutate({ kind: 'operations', id });
            }}
          >
            Retry now
          </Button>
        )
      }
    >
      <Problem error={retry.error} />
      <Answer of={operation}>
        {(one) => (
          <Columns
            main={
              <Card title="Tries">
                <Stack>
                  {one.tries.length === 0 && <Text c="dimmed">It was not tried yet.</Text>}
                  {[...one.tries].reverse().map((attempt) => (
                    <Stack key={attempt.number} gap={4}>
                      <Text fw={500} component="div">
                        Try {attempt.number} · <Instant at={attempt.started_at} />{' '}
                        {attempt.outcome !== null && <Pill status={attempt.outcome} />}
                      </Text>
                      {attempt.error !== null && (
                        <Text size="sm">
                          {attempt.error.message} ({attempt.error.code})
                        </Text>
                      )}
                      <Calls calls={attempt.calls} />
                      <Raw value={attempt} />
                    </Stack>
                  ))}
                </Stack>
              </Card>
            }
            side={
              <Card title="Facts">
                <Facts
                  facts={[
                    ['Of', <EntityLink type={one.entity_type} id={one.entity_id} />],
                    ['Provider', sentence(one.provider)],
                    ['Connection', <To to={`/connections/${one.connection_id}`}>{one.connection_id}</To>],
                    ['Id at the provider', one.provider_entity_id && <Id value={one.provider_entity_id} />],
                    ['Reason', one.reason],
                    ['Next try', <Instant at={one.next_try_at} none="none planned" />],
                    ['Finished', <Instant at={one.finished_at} />],
                  ]}
                />
              </Card>
            }
          />
        )}
      </Answer>
    </Page>
  );
}

import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { api, body, client, useAction } from '../../api/client';
import type { Environment } from '../../api/types';
import { formatInstant, monthAfter } from '../../format/time';
import { Card, Page } from '../../parts/page';
import { Answer, Empty, Problem } from '../../parts/states';
import { Table } from '../../parts/table';
import { Instant } from '../../parts/text';

export function Component(): ReactNode {
  const environments = api.useQuery('get', '/v1/environments');
  return (
    <Page
      title="Test clock"
      subtitle="In a test environment time can be moved on, and what it brings happens at once."
    >
      <Answer of={environments}>
        {({ environments: [one] }) =>
          one === undefined || one.type === 'live' ? (
            <Empty
              title="This environment runs on real time"
              text="Only a test environment has a clock that can be moved. Sign in with one of its keys."
            />
          ) : (
            <Clock environment={one} />
          )
        }
      </Answer>
    </Page>
  );
}

const DAY_S = 86_400;

function Clock({ environment }: { readonly environment: Environment }): ReactNode {
  const advance = useAction(
    (to: Date) =>
      body(
        client.POST('/v1/environments/{id}/clock/advance', {
          params: { path: { id: environment.id } },
          body: { to: to.toISOString() },
        }),
      ),
    ({ now, steps }) => `It is ${formatInstant(now)}; ${steps} steps on the way`,
  );
  const now = new Date(environment.now);
  const to = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
  const choices: readonly (readonly [string, Date])[] = [
    ['An hour', to(3600)],
    ['A day', to(DAY_S)],
    ['A week', to(7 * DAY_S)],
    ['A month', monthAfter(now)],
  ];
  const left = advance.data?.left_behind ?? [];
  return (
    <Stack>
      <Card title="Now">
        <Stack>
          <div className="big-figure" role="status">
            <Instant at={environment.now} />
          </div>
          <Text size="sm" c="dimmed">
            Moving the clock makes invoices, sends and charges them, and handles webhooks, in order. It does
            not go back.
          </Text>
          <Group>
            {choices.map(([label, until]) => (
              <Button
                key={label}
                variant={label === 'A month' ? 'filled' : 'default'}
                loading={advance.isPending && advance.variables.getTime() === until.getTime()}
                disabled={advance.isPending}
                onClick={() => {
                  advance.mutate(until);
                }}
              >
                Advance {label.toLowerCase()}
              </Button>
            ))}
          </Group>
          <Problem error={advance.error} />
          {advance.data !== undefined && !advance.data.settled && (
            <Alert color="yellow" variant="outline" title="Not everything has come to an end">
              What is left is below. It is tried again by itself.
            </Alert>
          )}
        </Stack>
      </Card>
      {left.length > 0 && (
        <Card title="Left behind">
          <Table
            label="Left behind"
            rows={left}
            rowKey={(one) => `${one.kind}${one.key}`}
            empty={{ title: '', text: '' }}
            columns={[
              { title: 'What', cell: (one) => one.kind },
              { title: 'About', cell: (one) => one.key },
              { title: 'Why', cell: (one) => one.reason },
              { title: 'Next try', cell: (one) => <Instant at={one.next_try_at} /> },
            ]}
          />
        </Card>
      )}
    </Stack>
  );
}

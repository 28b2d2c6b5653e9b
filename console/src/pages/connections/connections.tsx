import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api } from '../../api/client';
import type { Connection, Integration } from '../../api/types';
import { Page } from '../../parts/page';
import { Answer, Empty } from '../../parts/states';
import { Id, Instant, Pill, To } from '../../parts/text';
import { ConnectDrawer } from './connect-drawer';
import { isOn, switchesIn, switchesOf } from './switches';

export function Component(): ReactNode {
  const integrations = api.useQuery('get', '/v1/integrations/config');
  const connections = api.useQuery('get', '/v1/connections', { params: { query: { limit: 100 } } });
  const [adding, setAdding] = useState<Integration>();
  const known = integrations.data?.integrations ?? [];
  return (
    <Page
      title="Connections"
      subtitle="Payment providers that invoices are sent to, and that payments come back from."
    >
      <Answer of={connections}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              title="No provider is connected"
              text="Connect one, and finalized invoices are collected there; what is paid there is recorded here."
              curl={`curl $URL/v1/connections -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"provider_type": "…", "name": "…", "encrypted_secret_data": {…}, "sync_config": {"invoice": {"outbound": true}}}'`}
            />
          ) : (
            <div className="grid">
              {items.map((connection) => (
                <ConnectionCard
                  key={connection.id}
                  connection={connection}
                  integration={known.find(({ provider }) => provider === connection.provider_type)}
                />
              ))}
            </div>
          )
        }
      </Answer>
      <Title order={2} size="h4">
        Connect a provider
      </Title>
      <Answer of={integrations}>
        {({ integrations: all }) => (
          <div className="grid">
            {all.map((integration) => (
              <section className="card" key={integration.provider} aria-label={integration.display_name}>
                <Stack gap="sm" align="flex-start">
                  <Title order={3} size="h5">
                    {integration.display_name}
                  </Title>
                  <ul className="plain-list">
                    {switchesOf(integration).map(({ text }) => (
                      <li key={text}>{text}</li>
                    ))}
                  </ul>
                  <Button
                    variant="default"
                    onClick={() => {
                      setAdding(integration);
                    }}
                  >
                    Connect {integration.display_name}
                  </Button>
                </Stack>
              </section>
            ))}
          </div>
        )}
      </Answer>
      <ConnectDrawer
        integration={adding}
        close={() => {
          setAdding(undefined);
        }}
      />
    </Page>
  );
}

function ConnectionCard(props: {
  readonly connection: Connection;
  readonly integration: Integration | undefined;
}): ReactNode {
  const { connection, integration } = props;
  const { health } = connection;
  const on =
    integration === undefined
      ? []
      : switchesOf(integration).filter((one) => isOn(switchesIn(connection), one));
  return (
    <section className="card" aria-label={connection.name}>
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={3} size="h5">
            <To to={`/connections/${connection.id}`}>{connection.name}</To>
          </Title>
          <Pill status={health.state} />
        </Group>
        <Id value={connection.id} />
        {health.paused_reason !== null && <Text size="sm">{health.paused_reason}</Text>}
        {health.webhook !== null && health.webhook.state !== 'ok' && (
          <Text size="sm">
            Webhook: <Pill status={health.webhook.state} /> {health.webhook.reason}
          </Text>
        )}
        <ul className="plain-list">
          {on.length === 0 ? (
            <li>Nothing is kept in step</li>
          ) : (
            on.map(({ text }) => <li key={text}>{text}</li>)
          )}
        </ul>
        <Text size="xs" c="dimmed">
          Last answer <Instant at={health.last_success_at} none="none yet" />
          {connection.livemode === null ? '' : connection.livemode ? ' · live account' : ' · test account'}
        </Text>
      </Stack>
    </section>
  );
}

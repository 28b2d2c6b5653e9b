import { Button, Code, Group, Menu, Stack, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useNavigate, useParams } from 'react-router';
import { api, body, client, useAction } from '../../api/client';
import type { Connection, ConnectionChange, Integration } from '../../api/types';
import { sentence } from '../../format/words';
import { Card, Columns, Facts, Page } from '../../parts/page';
import { Sheet } from '../../parts/sheet';
import { Answer, Problem } from '../../parts/states';
import { Id, Instant, Pill } from '../../parts/text';
import { OperationTable } from '../sync/operation-table';
import { filled, KeyFields, type Keys } from './keys';
import { Mappings } from './mappings';
import { set, SwitchList, switchesIn, switchesOf } from './switches';
import { WebhookStep } from './webhook-step';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const connection = api.useQuery('get', '/v1/connections/{id}', { params: { path: { id } } });
  const integrations = api.useQuery('get', '/v1/integrations/config');
  const found = connection.data;
  return (
    <Page
      title={found?.name ?? 'Connection'}
      under={{ to: '/connections', label: 'Connections' }}
      status={found === undefined ? undefined : <Pill status={found.health.state} />}
      subtitle={<Id value={id} />}
      actions={
        found === undefined ? undefined : (
          <Actions
            connection={found}
            integration={integrations.data?.integrations.find((one) => one.provider === found.provider_type)}
          />
        )
      }
    >
      <Answer of={connection} lines={8}>
        {(one) => (
          <Answer of={integrations}>
            {({ integrations: all }) => (
              <Details
                connection={one}
                integration={all.find(({ provider }) => provider === one.provider_type)}
              />
            )}
          </Answer>
        )}
      </Answer>
    </Page>
  );
}

const useChange = (id: string, done: string) =>
  useAction(
    (change: ConnectionChange) =>
      body(client.PUT('/v1/connections/{id}', { params: { path: { id } }, body: change })),
    done,
  );

function Details(props: { readonly connection: Connection; readonly integration: Integration | undefined }) {
  const { connection, integration } = props;
  const { health } = connection;
  const save = useChange(connection.id, 'Saved');
  const name = integration?.display_name ?? sentence(connection.provider_type);
  return (
    <Columns
      main={
        <>
          <Card title="What is kept in step">
            <Stack>
              {integration !== undefined && (
                <SwitchList
                  integration={integration}
                  value={switchesIn(connection)}
                  disabled={save.isPending}
                  change={(next) => {
                    save.mutate({ sync_config: next });
                  }}
                />
              )}
              <Problem error={save.error} />
            </Stack>
          </Card>
          <Card title="Webhooks">
            <WebhookStep connection={connection} name={name} />
          </Card>
          <Card title="Sync operations">
            <OperationTable filter={{ connection_id: connection.id }} limit={10} />
          </Card>
          <Mappings provider={connection.provider_type} name={name} />
        </>
      }
      side={
        <>
          <Card title="Health">
            <Stack gap="sm">
              {health.paused_reason !== null && (
                <Text size="sm">
                  {health.paused_reason}. Nothing is sent until {name} accepts the keys: rotate them, or test
                  again.
                </Text>
              )}
              <Facts
                facts={[
                  ['State', <Pill status={health.state} />],
                  ['Last answer', <Instant at={health.last_success_at} none="none yet" />],
                  ['Last error', <Instant at={health.last_error_at} none="none" />],
                  ...(health.last_error === null ? [] : [['What it said', health.last_error] as const]),
                  [
                    'Webhook at the provider',
                    health.webhook === null ? 'not reported' : <Pill status={health.webhook.state} />,
                  ],
                ]}
              />
            </Stack>
          </Card>
          <Card title="Account">
            <Facts
              facts={[
                ['Provider', name],
                ['Account', connection.account_id],
                ['Mode', connection.livemode === null ? null : connection.livemode ? 'Live' : 'Test'],
                ['Default of its provider', connection.is_default ? 'Yes' : 'No'],
                ...(integration?.credential_fields ?? []).map(
                  (field) => [field.label, <KeyShown connection={connection} name={field.name} />] as const,
                ),
                ['Connected', <Instant at={connection.created_at} />],
              ]}
            />
          </Card>
        </>
      }
    />
  );
}

function shown(connection: Connection, name: string): string | undefined {
  const secret = connection.credentials[name] as { readonly last4?: string } | undefined;
  return secret?.last4 === undefined ? connection.settings[name] : `…${secret.last4}`;
}

function KeyShown({ connection, name }: { readonly connection: Connection; readonly name: string }) {
  const text = shown(connection, name);
  return text === undefined ? <>–</> : <Code>{text}</Code>;
}

function Actions(props: { readonly connection: Connection; readonly integration: Integration | undefined }) {
  const { connection, integration } = props;
  const [open, setOpen] = useState<'rotate' | 'off' | 'delete'>();
  const close = (): void => {
    setOpen(undefined);
  };
  const path = { params: { path: { id: connection.id } } };
  const test = useAction(
    () => body(client.POST('/v1/connections/{id}/test', path)),
    (result) =>
      result.ok
        ? 'The provider accepts the keys'
        : `The provider refuses: ${result.message ?? 'no reason given'}`,
  );
  const reconcile = useAction(
    () => body(client.POST('/v1/integrations/connections/{id}/reconcile', path)),
    ({ changed }) =>
      `Compared with the provider: ${changed === 0 ? 'nothing has' : `${changed} have`} changed`,
  );
  return (
    <>
      <Button
        variant="default"
        loading={test.isPending}
        onClick={() => {
          test.mutate(undefined);
        }}
      >
        Test
      </Button>
      <Button
        variant="default"
        onClick={() => {
          setOpen('rotate');
        }}
      >
        Rotate keys
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" aria-label="More actions">
            …
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            onClick={() => {
              reconcile.mutate(undefined);
            }}
          >
            Compare with the provider now
          </Menu.Item>
          <Menu.Item
            onClick={() => {
              setOpen('off');
            }}
          >
            Pause
          </Menu.Item>
          <Menu.Item
            onClick={() => {
              setOpen('delete');
            }}
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {integration !== undefined && (
        <>
          <Rotate connection={connection} integration={integration} open={open === 'rotate'} close={close} />
          <Pause connection={connection} integration={integration} open={open === 'off'} close={close} />
        </>
      )}
      <Delete connection={connection} open={open === 'delete'} close={close} />
      <Problem error={test.error ?? reconcile.error} />
    </>
  );
}

interface Opened {
  readonly connection: Connection;
  readonly open: boolean;
  readonly close: () => void;
}

function Rotate({ connection, integration, open, close }: Opened & { readonly integration: Integration }) {
  const [keys, setKeys] = useState<Keys>({});
  const save = useChange(connection.id, 'The new keys are in use');
  const keep = Object.fromEntries(
    integration.credential_fields.map(({ name }) => [name, shown(connection, name) ?? 'not set']),
  );
  return (
    <Sheet
      title="Rotate keys"
      open={open}
      close={close}
      button="Check and store"
      consequence={`The new keys are checked with one live call to ${integration.display_name}. What is left empty stays as it is.`}
      disabled={Object.keys(filled(keys)).length === 0}
      action={save}
      submit={() => {
        save.mutate(
          { encrypted_secret_data: filled(keys) },
          {
            onSuccess: () => {
              setKeys({});
              close();
            },
          },
        );
      }}
    >
      <KeyFields
        fields={integration.credential_fields}
        value={keys}
        change={setKeys}
        error={save.error}
        keep={keep}
      />
    </Sheet>
  );
}

/** The API has no pause of its own; every switch off is what stops all that is sent. */
function Pause({ connection, integration, open, close }: Opened & { readonly integration: Integration }) {
  const save = useChange(connection.id, 'Nothing is kept in step any more');
  const off = switchesOf(integration).reduce(
    (switches, one) => set(switches, one, false),
    switchesIn(connection),
  );
  return (
    <Sheet
      title={`Pause ${connection.name}`}
      open={open}
      close={close}
      button="Switch everything off"
      consequence={`Switches off everything that is kept in step with ${integration.display_name}: nothing new is sent, and its events are left out. To go on, switch on again what should be kept in step.`}
      action={save}
      submit={() => {
        save.mutate({ sync_config: off }, { onSuccess: close });
      }}
    />
  );
}

function Delete({ connection, open, close }: Opened) {
  const navigate = useNavigate();
  const remove = useAction(
    () => body(client.DELETE('/v1/connections/{id}', { params: { path: { id: connection.id } } })),
    'The connection is deleted',
  );
  return (
    <Sheet
      title={`Delete ${connection.name}`}
      open={open}
      close={close}
      danger
      button="Delete the connection"
      consequence="Deletes the connection and its keys. What was synced stays at the provider; nothing is sent there any more, and its webhooks are refused."
      action={remove}
      submit={() => {
        remove.mutate(undefined, { onSuccess: () => void navigate('/connections') });
      }}
    >
      <Group>
        <Id value={connection.id} />
      </Group>
    </Sheet>
  );
}

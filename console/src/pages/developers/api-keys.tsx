import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api, body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { ApiKey } from '../../api/types';
import { sentence } from '../../format/words';
import { useAddress } from '../../parts/filters';
import { Page } from '../../parts/page';
import { Sheet, useRequestKey } from '../../parts/sheet';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Instant } from '../../parts/text';
import { ShownOnce } from './once';

export function Component(): ReactNode {
  const [at, go] = useAddress('page');
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string>();
  const [chosen, setChosen] = useState<{ readonly key: ApiKey; readonly what: 'rotate' | 'delete' }>();
  const close = (): void => {
    setChosen(undefined);
  };
  const keys = api.useQuery('get', '/v1/secrets/api/keys', {
    params: { query: { limit: PAGE_SIZE, offset: offsetOf(at.page) } },
  });
  return (
    <Page
      title="API keys"
      subtitle="A key belongs to one environment, and may do what its roles and permissions say."
      actions={
        <Button
          onClick={() => {
            setAdding(true);
          }}
        >
          Make a key
        </Button>
      }
    >
      {made !== undefined && <ShownOnce what="The API key" value={made} />}
      <Table
        label="API keys"
        rows={keys.data?.items}
        rowKey={({ id }) => id}
        error={keys.error}
        retry={keys.refetch}
        empty={{ title: 'No keys', text: 'There is always one: that of whoever reads this.' }}
        columns={[
          { title: 'Name', cell: (one) => one.name },
          { title: 'Key', cell: (one) => <code>{one.display_id}</code> },
          { title: 'Kind', cell: (one) => sentence(one.type) },
          {
            title: 'May',
            cell: (one) =>
              [...one.roles.map(sentence), ...one.permissions].join(', ') || 'everything of its kind',
          },
          { title: 'Last used', cell: (one) => <Instant at={one.last_used_at} none="never" /> },
          { title: 'Ends', cell: (one) => <Instant at={one.expires_at} none="never" /> },
          {
            title: 'Action',
            end: true,
            cell: (one) => (
              <Group gap={4} justify="flex-end">
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => {
                    setChosen({ key: one, what: 'rotate' });
                  }}
                >
                  Rotate
                </Button>
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => {
                    setChosen({ key: one, what: 'delete' });
                  }}
                >
                  Delete
                </Button>
              </Group>
            ),
          },
        ]}
      />
      <Pager of={keys.data} page={at.page} go={go} />
      <NewKey
        open={adding}
        close={() => {
          setAdding(false);
        }}
        made={setMade}
      />
      {chosen?.what === 'rotate' && <Rotate apiKey={chosen.key} close={close} made={setMade} />}
      {chosen?.what === 'delete' && <Delete apiKey={chosen.key} close={close} />}
    </Page>
  );
}

const ROLES = [
  { value: 'admin', label: 'Everything, keys too' },
  { value: 'write', label: 'Read and change everything but keys' },
  { value: 'read', label: 'Read everything but keys' },
  { value: 'event_ingestor', label: 'Send events' },
] as const;

function NewKey(props: {
  readonly open: boolean;
  readonly close: () => void;
  readonly made: (key: string) => void;
}): ReactNode {
  const [name, setName] = useState('');
  const [role, setRole] = useState<string>('read');
  const requestKey = useRequestKey();
  const make = useAction(() => {
    const content = { name: name.trim(), roles: [role] };
    return body(
      client.POST('/v1/secrets/api/keys', { body: content, params: { header: requestKey(content) } }),
    );
  }, 'The key is made');
  return (
    <Sheet
      title="Make an API key"
      open={props.open}
      close={props.close}
      button="Make the key"
      disabled={name.trim() === ''}
      consequence="The key is shown once, on the page behind this. It may do no more than the key you have signed in with."
      action={make}
      submit={() => {
        make.mutate(undefined, {
          onSuccess: ({ api_key: key }) => {
            props.made(key);
            setName('');
            props.close();
          },
        });
      }}
    >
      <TextInput
        label="Name"
        required
        value={name}
        error={fieldError(make.error, 'name')}
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      <NativeSelect
        label="What it may do"
        data={[...ROLES]}
        value={role}
        onChange={(event) => {
          setRole(event.currentTarget.value);
        }}
      />
    </Sheet>
  );
}

function Rotate(props: {
  readonly apiKey: ApiKey;
  readonly close: () => void;
  readonly made: (key: string) => void;
}): ReactNode {
  const rotate = useAction(
    () =>
      body(
        client.POST('/v1/secrets/api/keys/{id}/rotate', {
          params: { path: { id: props.apiKey.id } },
          body: {},
        }),
      ),
    'The successor is made',
  );
  return (
    <Sheet
      title={`Rotate ${props.apiKey.name}`}
      open
      close={props.close}
      button="Rotate"
      consequence="Makes a successor with the same permissions, and shows it once. The old key works for a while longer."
      action={rotate}
      submit={() => {
        rotate.mutate(undefined, {
          onSuccess: ({ api_key: key }) => {
            props.made(key);
            props.close();
          },
        });
      }}
    />
  );
}

function Delete({ apiKey, close }: { readonly apiKey: ApiKey; readonly close: () => void }): ReactNode {
  const remove = useAction(
    () => body(client.DELETE('/v1/secrets/api/keys/{id}', { params: { path: { id: apiKey.id } } })),
    'The key is deleted',
  );
  return (
    <Sheet
      title={`Delete ${apiKey.name}`}
      open
      close={close}
      danger
      button="Delete the key"
      consequence={`Whoever uses ${apiKey.display_id} is refused from now on, this console too if it is signed in with it.`}
      action={remove}
      submit={() => {
        remove.mutate(undefined, { onSuccess: close });
      }}
    />
  );
}

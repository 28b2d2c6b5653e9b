import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api, body, client, useAction } from '../../api/client';
import { sentence } from '../../format/words';
import { Card } from '../../parts/page';
import { Answer, Problem } from '../../parts/states';
import { Table } from '../../parts/table';
import { Id, Pill } from '../../parts/text';

const KINDS = ['customer', 'plan', 'invoice', 'subscription', 'payment', 'addon', 'price'] as const;
type Kind = (typeof KINDS)[number];

/** Which object at the provider something of ours is: looked up by its id, mapped by hand, or forgotten. */
export function Mappings({ provider, name }: { readonly provider: string; readonly name: string }) {
  const [kind, setKind] = useState<Kind>('customer');
  const [id, setId] = useState('');
  const [asked, setAsked] = useState<{ readonly entity_type: Kind; readonly entity_id: string }>();
  return (
    <Card title="Mappings">
      <Stack>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setAsked({ entity_type: kind, entity_id: id.trim() });
          }}
        >
          <Group align="flex-end">
            <NativeSelect
              label="Kind"
              data={KINDS.map((value) => ({ value, label: sentence(value) }))}
              value={kind}
              onChange={(event) => {
                setKind(event.currentTarget.value as Kind);
              }}
            />
            <TextInput
              label="Id here"
              required
              value={id}
              onChange={(event) => {
                setId(event.currentTarget.value);
              }}
            />
            <Button type="submit" variant="default" disabled={id.trim() === ''}>
              Look up
            </Button>
          </Group>
        </form>
        {asked !== undefined && <Found key={asked.entity_id} asked={asked} provider={provider} name={name} />}
      </Stack>
    </Card>
  );
}

function Found(props: {
  readonly asked: { readonly entity_type: Kind; readonly entity_id: string };
  readonly provider: string;
  readonly name: string;
}): ReactNode {
  const { asked, provider, name } = props;
  const [remote, setRemote] = useState('');
  const mappings = api.useQuery('get', '/v1/integrations/mappings', { params: { query: asked } });
  const link = useAction(
    () =>
      body(
        client.POST('/v1/integrations/link', {
          body: { ...asked, provider_type: provider, provider_entity_id: remote.trim() },
        }),
      ),
    'Mapped',
  );
  const forget = useAction(
    (id: string) => client.DELETE('/v1/entity-integration-mappings/{id}', { params: { path: { id } } }),
    'The mapping is forgotten. Nothing has changed at the provider',
  );
  return (
    <Answer of={mappings} lines={2}>
      {({ items }) => (
        <Stack>
          {items.length > 0 && (
            <Table
              label="Mappings"
              rows={items}
              rowKey={({ id }) => id}
              empty={{ title: '', text: '' }}
              columns={[
                { title: 'Provider', cell: (row) => sentence(row.provider_type) },
                { title: 'Id there', cell: (row) => <Id value={row.provider_entity_id ?? '–'} /> },
                { title: 'State', cell: (row) => <Pill status={row.state} /> },
                {
                  title: 'Action',
                  end: true,
                  cell: (row) => (
                    <Button
                      size="compact-sm"
                      variant="default"
                      loading={forget.isPending}
                      onClick={() => {
                        forget.mutate(row.id);
                      }}
                    >
                      Forget
                    </Button>
                  ),
                },
              ]}
            />
          )}
          {!items.some((row) => row.provider_type === provider) && (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                link.mutate(undefined);
              }}
            >
              <Group align="flex-end">
                <TextInput
                  label={`It is not mapped. Its id at ${name}`}
                  value={remote}
                  onChange={(event) => {
                    setRemote(event.currentTarget.value);
                  }}
                />
                <Button type="submit" loading={link.isPending} disabled={remote.trim() === ''}>
                  Map by hand
                </Button>
              </Group>
            </form>
          )}
          <Problem error={link.error ?? forget.error} />
        </Stack>
      )}
    </Answer>
  );
}

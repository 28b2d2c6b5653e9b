import { Button, MultiSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api, body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { WebhookEndpoint } from '../../api/types';
import { Page } from '../../parts/page';
import { Sheet, useRequestKey } from '../../parts/sheet';
import { Table } from '../../parts/table';
import { Id, Instant, Pill, To } from '../../parts/text';
import { ShownOnce } from './once';

export const endpointStatus = (one: WebhookEndpoint): string =>
  one.state === 'disabled' ? 'disabled' : one.failing_since === null ? 'enabled' : 'failing';

export function Component(): ReactNode {
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string>();
  const endpoints = api.useQuery('get', '/v1/webhook-endpoints', { params: { query: { limit: 100 } } });
  return (
    <Page
      title="Webhooks out"
      subtitle="Where this server tells what has happened: signed, and retried for three days."
      actions={
        <Button
          onClick={() => {
            setAdding(true);
          }}
        >
          Add an endpoint
        </Button>
      }
    >
      {secret !== undefined && <ShownOnce what="The signing secret" value={secret} />}
      <Table
        label="Endpoints"
        rows={endpoints.data?.items}
        rowKey={({ id }) => id}
        error={endpoints.error}
        retry={endpoints.refetch}
        empty={{
          title: 'No endpoint yet',
          text: 'Add the address of a receiver of your own, and it is told of invoices, payments and everything else.',
          curl: `curl $URL/v1/webhook-endpoints -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"url": "https://example.com/webhooks", "event_types": ["invoice.update.finalized"]}'`,
        }}
        columns={[
          {
            title: 'Address',
            cell: (one) => (
              <>
                <To to={`/webhooks-out/${one.id}`} row>
                  {one.url}
                </To>
                <br />
                <Id value={one.id} />
              </>
            ),
          },
          { title: 'State', cell: (one) => <Pill status={endpointStatus(one)} /> },
          {
            title: 'Told of',
            cell: (one) => (one.event_types === null ? 'everything' : `${one.event_types.length} events`),
          },
          { title: 'Last accepted', cell: (one) => <Instant at={one.last_success_at} none="none yet" /> },
        ]}
      />
      <NewEndpoint
        open={adding}
        close={() => {
          setAdding(false);
        }}
        made={setSecret}
      />
    </Page>
  );
}

function NewEndpoint(props: {
  readonly open: boolean;
  readonly close: () => void;
  readonly made: (secret: string) => void;
}): ReactNode {
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<string[]>([]);
  const requestKey = useRequestKey();
  const types = api.useQuery('get', '/v1/webhook-endpoints/event-types');
  const make = useAction(() => {
    const content = {
      url: url.trim(),
      ...(events.length === 0 ? {} : { event_types: events as 'invoice.update.finalized'[] }),
    };
    return body(
      client.POST('/v1/webhook-endpoints', { body: content, params: { header: requestKey(content) } }),
    );
  }, 'The endpoint is added');
  return (
    <Sheet
      title="Add an endpoint"
      open={props.open}
      close={props.close}
      button="Add the endpoint"
      disabled={url.trim() === ''}
      consequence="Everything that happens from now on is told there. The secret that its messages are signed with is shown once, on the page behind this."
      action={make}
      submit={() => {
        make.mutate(undefined, {
          onSuccess: ({ secret }) => {
            props.made(secret);
            setUrl('');
            props.close();
          },
        });
      }}
    >
      <TextInput
        label="Address"
        type="url"
        required
        placeholder="https://example.com/webhooks"
        value={url}
        error={fieldError(make.error, 'url')}
        onChange={(event) => {
          setUrl(event.currentTarget.value);
        }}
      />
      <MultiSelect
        label="Events"
        description="None chosen: all of them."
        searchable
        data={types.data?.items ?? []}
        value={events}
        onChange={setEvents}
      />
    </Sheet>
  );
}

import { Button, Code, Menu, Stack } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useNavigate, useParams } from 'react-router';
import { api, body, client, useAction } from '../../api/client';
import { useNow } from '../../api/environment';
import type { WebhookDelivery, WebhookEndpoint } from '../../api/types';
import { daysBefore } from '../../format/time';
import { sentence } from '../../format/words';
import { Filters, useAddress, Views } from '../../parts/filters';
import { Card, Columns, Facts, Page } from '../../parts/page';
import { Sheet } from '../../parts/sheet';
import { Answer, Problem } from '../../parts/states';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Id, Instant, Pill, Reason } from '../../parts/text';
import { Raw } from '../../parts/timeline';
import { ShownOnce } from './once';
import { endpointStatus } from './webhook-endpoints';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const [secret, setSecret] = useState<string>();
  const endpoint = api.useQuery('get', '/v1/webhook-endpoints/{id}', { params: { path: { id } } });
  const found = endpoint.data;
  return (
    <Page
      title={found === undefined ? 'Endpoint' : new URL(found.url).host}
      under={{ to: '/webhooks-out', label: 'Webhooks out' }}
      status={found === undefined ? undefined : <Pill status={endpointStatus(found)} />}
      subtitle={<Id value={id} />}
      actions={found === undefined ? undefined : <Actions endpoint={found} rotated={setSecret} />}
    >
      {secret !== undefined && <ShownOnce what="The new signing secret" value={secret} />}
      <Answer of={endpoint}>
        {(one) => (
          <Columns
            main={
              <Card title="Deliveries">
                <Deliveries endpointId={id} />
              </Card>
            }
            side={
              <Card title="Facts">
                <Facts
                  facts={[
                    ['Address', one.url],
                    ['Description', one.description],
                    ['Told of', one.event_types === null ? 'everything' : one.event_types.join(', ')],
                    ['Signing secret', <Code>…{one.secret_last4}</Code>],
                    one.disabled_reason === null ? undefined : ['Why it is off', one.disabled_reason],
                    one.failing_since === null
                      ? undefined
                      : ['Nothing accepted since', <Instant at={one.failing_since} />],
                    one.resting_until === null
                      ? undefined
                      : ['Nothing is sent by itself until', <Instant at={one.resting_until} />],
                    ['Last accepted', <Instant at={one.last_success_at} none="none yet" />],
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

const STATES = ['', 'failed', 'pending', 'succeeded'] as const;

function Deliveries({ endpointId }: { readonly endpointId: string }): ReactNode {
  const [at, go] = useAddress('state', 'page');
  const state = STATES.find((one) => one !== '' && one === at.state);
  const deliveries = api.useQuery(
    'get',
    '/v1/webhook-deliveries',
    {
      params: {
        query: {
          endpoint_id: endpointId,
          limit: PAGE_SIZE,
          offset: offsetOf(at.page),
          ...(state === undefined || state === '' ? {} : { state: [state] }),
        },
      },
    },
    { refetchInterval: 3_000 },
  );
  const resend = useAction(
    (id: string) => body(client.POST('/v1/webhook-deliveries/{id}/resend', { params: { path: { id } } })),
    'It is sent again now',
  );
  return (
    <Stack>
      <Filters>
        <Views
          label="State"
          views={STATES.map((value) => ({ value, label: value === '' ? 'All' : sentence(value) }))}
          value={at.state}
          change={(next) => {
            go({ state: next });
          }}
        />
      </Filters>
      <Problem error={resend.error} />
      <Table
        label="Deliveries"
        rows={deliveries.data?.items}
        rowKey={({ id }) => id}
        error={deliveries.error}
        retry={deliveries.refetch}
        empty={{ title: 'Nothing was sent yet', text: 'Send a test message, and it appears here.' }}
        columns={[
          { title: 'Message', cell: (one) => <Id value={one.message_id} /> },
          {
            title: 'State',
            cell: (one) => (
              <>
                <Pill status={one.state} />
                <Reason text={one.last_error} />
              </>
            ),
          },
          { title: 'Tries', end: true, cell: (one) => one.attempts.length },
          { title: 'When', cell: (one) => <Instant at={one.created_at} /> },
          { title: 'Content', cell: (one) => <Message delivery={one} /> },
          {
            title: 'Action',
            end: true,
            cell: (one) => (
              <Button
                size="compact-sm"
                variant="default"
                loading={resend.isPending && resend.variables === one.id}
                onClick={() => {
                  resend.mutate(one.id);
                }}
              >
                Resend
              </Button>
            ),
          },
        ]}
      />
      <Pager of={deliveries.data} page={at.page} go={go} />
    </Stack>
  );
}

function Message({ delivery }: { readonly delivery: WebhookDelivery }): ReactNode {
  const [wanted, setWanted] = useState(false);
  const message = api.useQuery(
    'get',
    '/v1/webhook-messages/{id}',
    { params: { path: { id: delivery.message_id } } },
    { enabled: wanted },
  );
  if (!wanted)
    return (
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          setWanted(true);
        }}
      >
        Show
      </Button>
    );
  return (
    <Answer of={message} lines={2}>
      {(one) => (
        <>
          <Raw value={one.payload} label={one.type} />
          <Raw value={delivery.attempts} label="Tries and answers" />
        </>
      )}
    </Answer>
  );
}

type Opened = 'off' | 'rotate' | 'resend' | 'delete';

function Actions(props: { readonly endpoint: WebhookEndpoint; readonly rotated: (secret: string) => void }) {
  const { endpoint } = props;
  const [open, setOpen] = useState<Opened>();
  const navigate = useNavigate();
  const now = useNow();
  const params = { path: { id: endpoint.id } };
  const close = (): void => {
    setOpen(undefined);
  };
  const test = useAction(
    () => body(client.POST('/v1/webhook-endpoints/{id}/test', { params })),
    'A test message is on its way: its delivery is below',
  );
  const enabled = endpoint.state === 'enabled';
  const turn = useAction(
    () => body(client.PUT('/v1/webhook-endpoints/{id}', { params, body: { enabled: !enabled } })),
    'Saved',
  );
  const rotate = useAction(
    () => body(client.POST('/v1/webhook-endpoints/{id}/secret/rotate', { params, body: {} })),
    'The secret is replaced',
  );
  const resend = useAction(
    () =>
      body(
        client.POST('/v1/webhook-endpoints/{id}/resend-failed', {
          params,
          body: { since: daysBefore(now, 3).toISOString() },
        }),
      ),
    'What has failed is sent again',
  );
  const remove = useAction(
    () => client.DELETE('/v1/webhook-endpoints/{id}', { params }),
    'The endpoint is deleted',
  );
  const opener = (what: Opened) => () => {
    setOpen(what);
  };
  return (
    <>
      <Button
        loading={test.isPending}
        onClick={() => {
          test.mutate(undefined);
        }}
      >
        Send a test message
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" aria-label="More actions">
            …
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={opener('resend')}>Resend what has failed</Menu.Item>
          <Menu.Item onClick={opener('rotate')}>Rotate the secret</Menu.Item>
          <Menu.Item onClick={opener('off')}>{enabled ? 'Switch off' : 'Switch on'}</Menu.Item>
          <Menu.Item onClick={opener('delete')}>Delete</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Problem error={test.error} />
      <Sheet
        title={enabled ? 'Switch the endpoint off' : 'Switch the endpoint on'}
        open={open === 'off'}
        close={close}
        button={enabled ? 'Switch off' : 'Switch on'}
        consequence={
          enabled
            ? 'Nothing is sent there until it is switched on again.'
            : 'What happens from now on is sent there again.'
        }
        action={turn}
        submit={() => {
          turn.mutate(undefined, { onSuccess: close });
        }}
      />
      <Sheet
        title="Rotate the signing secret"
        open={open === 'rotate'}
        close={close}
        button="Rotate"
        consequence="Makes a new secret, and shows it once. For a while messages are signed with the old one as well."
        action={rotate}
        submit={() => {
          rotate.mutate(undefined, {
            onSuccess: ({ secret }) => {
              props.rotated(secret);
              close();
            },
          });
        }}
      />
      <Sheet
        title="Resend what has failed"
        open={open === 'resend'}
        close={close}
        button="Resend"
        consequence="Sends again what has failed for good in the last three days, up to a thousand messages."
        action={resend}
        submit={() => {
          resend.mutate(undefined, { onSuccess: close });
        }}
      />
      <Sheet
        title="Delete the endpoint"
        open={open === 'delete'}
        close={close}
        danger
        button="Delete the endpoint"
        consequence="Nothing is sent there any more; what was on its way is dropped."
        action={remove}
        submit={() => {
          remove.mutate(undefined, { onSuccess: () => void navigate('/webhooks-out') });
        }}
      />
    </>
  );
}

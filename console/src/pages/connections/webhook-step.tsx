import { Code, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import type { Connection } from '../../api/types';
import { CopyIcon, Instant, Pill } from '../../parts/text';

/** The address for the provider's dashboard, and whether anything has come from there yet. */
export function WebhookStep({
  connection,
  name,
}: {
  readonly connection: Connection;
  readonly name: string;
}) {
  const { webhook } = connection.health;
  const registered = connection.credentials.webhook_secret !== undefined;
  return (
    <Stack gap="xs">
      <Text size="sm">
        {registered
          ? `The endpoint is known to ${name}, and its calls are verified with a secret.`
          : `Enter this address at ${name} as a webhook endpoint, choose the events below, and store the signing secret here.`}
      </Text>
      <div className="curl">
        <Group justify="space-between" wrap="nowrap">
          <Code className="webhook-url" style={{ overflowWrap: 'anywhere' }}>
            {connection.webhook_url}
          </Code>
          <CopyIcon value={connection.webhook_url} label="Copy the webhook URL" />
        </Group>
      </div>
      <details className="raw">
        <summary>{connection.webhook_events.length} events to choose there</summary>
        <ul className="plain-list">
          {connection.webhook_events.map((event) => (
            <li key={event}>
              <Code>{event}</Code>
            </li>
          ))}
        </ul>
      </details>
      {webhook !== null && webhook.state !== 'ok' && (
        <Text size="sm">
          <Pill status={webhook.state} /> {webhook.reason}
        </Text>
      )}
      <FirstWebhook connectionId={connection.id} />
    </Stack>
  );
}

function FirstWebhook({ connectionId }: { readonly connectionId: string }): ReactNode {
  const events = api.useQuery(
    'get',
    '/v1/integrations/webhook-events',
    { params: { query: { connection_id: connectionId, limit: 1 } } },
    { refetchInterval: 4_000 },
  );
  const last = events.data?.items[0];
  if (events.data === undefined) return null;
  return (
    <Text size="sm" role="status">
      {last === undefined ? (
        'Waiting for the first webhook…'
      ) : (
        <>
          Received ✓ last <Code>{last.type}</Code>, <Instant at={last.received_at} />
        </>
      )}
    </Text>
  );
}

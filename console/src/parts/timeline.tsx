import { Button, Code, Group, Stack, Text, Timeline as Line } from '@mantine/core';
import type { ReactNode } from 'react';
import { api, body, client, useAction } from '../api/client';
import type { TimelineEntry } from '../api/types';
import { sentence } from '../format/words';
import { Answer, Problem } from './states';
import { CopyIcon, Instant, Pill } from './text';

const SETTLED = new Set(['succeeded', 'failed', 'skipped', 'handled', 'parked', 'received']);

/** What was synced of one object: what we meant to tell, what was answered, what we were told. */
export function SyncTimeline({ entityId, none }: { readonly entityId: string; readonly none: string }) {
  const timeline = api.useQuery(
    'get',
    '/v1/integrations/timeline',
    { params: { query: { entity_id: entityId, order: 'desc', limit: 100 } } },
    {
      refetchInterval: ({ state }) =>
        state.data?.items.some((entry) => !SETTLED.has(entry.state)) === true ? 2_000 : 5_000,
    },
  );
  return (
    <Answer of={timeline}>
      {({ items }) =>
        items.length === 0 ? (
          <Text c="dimmed" size="sm">
            {none}
          </Text>
        ) : (
          <Line bulletSize={14} lineWidth={2} active={-1}>
            {steps(items).map((entry, index) => (
              <Line.Item key={index} title={titleOf(entry)}>
                <Entry entry={entry} />
              </Line.Item>
            ))}
          </Line>
        )
      }
    </Answer>
  );
}

/**
 * What has happened, without what the entry after it says as well: that something was planned or sent, once it is answered;
 * that a webhook came, once it is handled; that an operation is over, where its last answer was the end.
 */
export function steps(entries: readonly TimelineEntry[]): readonly TimelineEntry[] {
  const handled = new Set(
    entries.filter(({ kind }) => kind === 'handled').map((one) => one.webhook_event_id),
  );
  const answered = entries.filter(({ kind }) => kind === 'answered');
  const tries = new Set(answered.map((one) => `${one.operation_id ?? ''}/${one.attempt ?? 0}`));
  const begun = new Set(entries.filter(({ kind }) => kind !== 'intended').map((one) => one.operation_id));
  const done = new Set(
    answered.filter(({ outcome }) => outcome === 'succeeded').map((one) => one.operation_id),
  );
  return entries.filter((entry) => {
    switch (entry.kind) {
      case 'received':
        return !handled.has(entry.webhook_event_id);
      case 'tried':
        return !tries.has(`${entry.operation_id ?? ''}/${entry.attempt ?? 0}`);
      case 'intended':
        return !begun.has(entry.operation_id);
      case 'finished':
        return !done.has(entry.operation_id);
      default:
        return true;
    }
  });
}

function titleOf(entry: TimelineEntry): string {
  const provider = sentence(entry.provider);
  const what = entry.action === null ? (entry.event_type ?? '') : sentence(entry.action).toLowerCase();
  switch (entry.kind) {
    case 'answered': {
      const calls = entry.calls.length === 1 ? 'one call' : `${entry.calls.length} calls`;
      const ms = entry.calls.reduce((sum, call) => sum + call.duration_ms, 0);
      const verb = entry.outcome === 'succeeded' ? `Sent to ${provider}` : `Not taken by ${provider}`;
      return `${verb}: ${what}, in ${calls}, ${Math.round(ms)} ms`;
    }
    case 'tried':
      return `Being sent to ${provider}: ${what}`;
    case 'intended':
      return `Planned for ${provider}: ${what}`;
    case 'finished':
      return `${provider}: ${what}`;
    case 'received':
      return `${provider} has told: ${what}`;
    case 'handled':
      return `Told by ${provider}: ${what}`;
    default:
      return `${sentence(entry.kind)} · ${provider}`;
  }
}

/** `POST /v1/integrations/operations/{id}/retry`, as the timeline says it. */
const RETRY = /\/(operations|webhook-events)\/([^/]+)\/retry$/;

export function useRetry() {
  return useAction(
    async ({ kind, id }: { readonly kind: string; readonly id: string }) =>
      kind === 'operations'
        ? body(client.POST('/v1/integrations/operations/{id}/retry', { params: { path: { id } } }))
        : body(client.POST('/v1/integrations/webhook-events/{id}/retry', { params: { path: { id } } })),
    'It is tried again now',
  );
}

function Entry({ entry }: { readonly entry: TimelineEntry }): ReactNode {
  const retry = useRetry();
  const [, kind, id] = RETRY.exec(entry.retry ?? '') ?? [];
  return (
    <Stack gap={4} align="flex-start">
      <Group gap="xs">
        <Text size="xs" c="dimmed">
          <Instant at={entry.at} />
        </Text>
        {(entry.kind === 'finished' || entry.kind === 'handled') && <Pill status={entry.state} />}
        {entry.kind === 'answered' && entry.outcome !== null && <Pill status={entry.outcome} />}
      </Group>
      {entry.message !== null && <Text size="sm">{entry.message}</Text>}
      {entry.calls.length > 0 && <Calls calls={entry.calls} />}
      {entry.request_id !== null && (
        <Text size="xs" c="dimmed" component="div" className="id">
          <span className="figure">provider’s request</span> <code>{entry.request_id}</code>
          <CopyIcon value={entry.request_id} label="Copy the provider’s request id" />
        </Text>
      )}
      <Group gap="xs">
        {kind !== undefined && id !== undefined && (
          <Button
            size="compact-xs"
            variant="default"
            loading={retry.isPending}
            onClick={() => {
              retry.mutate({ kind, id });
            }}
          >
            Retry
          </Button>
        )}
        <Raw value={entry} />
      </Group>
      <Problem error={retry.error} />
    </Stack>
  );
}

export function Calls({ calls }: { readonly calls: TimelineEntry['calls'] }): ReactNode {
  return (
    <ul className="plain-list calls">
      {calls.map((call, index) => (
        <li key={index}>
          <Code>
            {call.method} {call.path}
          </Code>{' '}
          <Text span size="xs" c="dimmed">
            {call.status ?? 'no answer'} · {call.duration_ms} ms
            {call.request_id === null ? '' : ` · ${call.request_id}`}
          </Text>
        </li>
      ))}
    </ul>
  );
}

export function Raw({ value, label = 'Show raw' }: { readonly value: unknown; readonly label?: string }) {
  return (
    <details className="raw">
      <summary>{label}</summary>
      <pre tabIndex={0} aria-label="Raw">
        {JSON.stringify(value, null, 2)}
      </pre>
    </details>
  );
}

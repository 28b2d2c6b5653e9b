import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { sentence } from '../../format/words';
import { Card } from '../../parts/page';
import { Lines } from '../../parts/states';
import { Pill, To } from '../../parts/text';
import { endpointStatus } from '../developers/webhook-endpoints';

interface Trouble {
  readonly key: string;
  readonly status: string;
  readonly to: string;
  readonly what: string;
  readonly why: string | null;
}

const FEW = { limit: 5 };

/** What somebody should look at, each with the place where it is put right. */
export function Attention(): ReactNode {
  const failed = api.useQuery('get', '/v1/integrations/operations', {
    params: { query: { ...FEW, state: ['failed'] } },
  });
  const retrying = api.useQuery('get', '/v1/integrations/operations', {
    params: { query: { ...FEW, state: ['retrying'] } },
  });
  const parked = api.useQuery('get', '/v1/jobs', { params: { query: { ...FEW, state: ['parked'] } } });
  const inbound = api.useQuery('get', '/v1/integrations/webhook-events', {
    params: { query: { ...FEW, state: ['parked'] } },
  });
  const endpoints = api.useQuery('get', '/v1/webhook-endpoints', { params: { query: { limit: 50 } } });
  const connections = api.useQuery('get', '/v1/connections', { params: { query: { limit: 50 } } });
  const asked = [failed, retrying, parked, inbound, endpoints, connections];
  const troubles: Trouble[] = [
    ...(connections.data?.items ?? [])
      .filter(
        (one) =>
          one.health.state === 'paused' ||
          ['failing', 'disabled', 'missing'].includes(one.health.webhook?.state ?? ''),
      )
      .map((one) => ({
        key: one.id,
        status: one.health.state === 'paused' ? 'paused' : (one.health.webhook?.state ?? ''),
        to: `/connections/${one.id}`,
        what: `Connection ${one.name}`,
        why: one.health.paused_reason ?? one.health.webhook?.reason ?? null,
      })),
    ...[...(failed.data?.items ?? []), ...(retrying.data?.items ?? [])].map((one) => ({
      key: one.id,
      status: one.state,
      to: `/sync/${one.id}`,
      what: `${sentence(one.action)} ${one.entity_type} to ${sentence(one.provider)}`,
      why: one.reason,
    })),
    ...(inbound.data?.items ?? []).map((one) => ({
      key: one.id,
      status: one.state,
      to: '/webhooks-in?state=parked',
      what: `Webhook ${one.type} of ${sentence(one.provider)}`,
      why: one.reason,
    })),
    ...(parked.data?.items ?? []).map((one) => ({
      key: one.id,
      status: one.state,
      to: '/jobs',
      what: `Job ${one.kind}`,
      why: one.last_error,
    })),
    ...(endpoints.data?.items ?? [])
      .filter((one) => endpointStatus(one) === 'failing' || one.disabled_reason !== null)
      .map((one) => ({
        key: one.id,
        status: endpointStatus(one),
        to: `/webhooks-out/${one.id}`,
        what: `Endpoint ${one.url}`,
        why: one.disabled_reason,
      })),
  ];
  return (
    <Card title="Needs attention">
      {asked.some(({ data, error }) => data === undefined && error === null) ? (
        <Lines count={3} />
      ) : troubles.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing is stuck.
        </Text>
      ) : (
        <ul className="plain-list attention">
          {troubles.map((one) => (
            <li key={one.key}>
              <Pill status={one.status} /> <To to={one.to}>{one.what}</To>
              {one.why !== null && (
                <Text span size="sm" c="dimmed">
                  {' '}
                  {one.why}
                </Text>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

import { Button, Group, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { api } from '../../api/client';
import { sentence } from '../../format/words';
import { useAddress } from '../../parts/filters';
import { Page } from '../../parts/page';
import { PAGE_SIZE, Table } from '../../parts/table';
import { Id, Instant } from '../../parts/text';
import { Raw } from '../../parts/timeline';
import { EntityLink } from '../sync/operation-table';

export function Component(): ReactNode {
  const [at, go] = useAddress('entity', 'page');
  const [entity, setEntity] = useState(at.entity);
  // A page of this list is the number that it begins below.
  const cursor = Number(at.page);
  const entries = api.useQuery('get', '/v1/audit-logs', {
    params: {
      query: {
        limit: PAGE_SIZE,
        ...(cursor > 0 ? { cursor } : {}),
        ...(at.entity === '' ? {} : { entity_id: at.entity }),
      },
    },
  });
  const next = entries.data?.next_cursor ?? null;
  return (
    <Page title="Audit trail" subtitle="Who changed what, each entry chained to the one before by its hash.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          go({ entity: entity.trim() });
        }}
      >
        <Group align="flex-end">
          <TextInput
            label="Only of this id"
            value={entity}
            onChange={(event) => {
              setEntity(event.currentTarget.value);
            }}
          />
          <Button type="submit" variant="default">
            Show
          </Button>
        </Group>
      </form>
      <Table
        label="Audit trail"
        rows={entries.data?.items}
        rowKey={({ id }) => id}
        error={entries.error}
        retry={entries.refetch}
        empty={{
          title: 'Nothing was changed',
          text: 'Every change by a key or by the server itself is listed here.',
        }}
        columns={[
          { title: 'What', cell: (one) => sentence(one.action) },
          { title: 'Of', cell: (one) => <EntityLink type={one.entity_type} id={one.entity_id} /> },
          { title: 'By', cell: (one) => (one.actor === 'system' ? 'the server' : <Id value={one.actor} />) },
          { title: 'When', cell: (one) => <Instant at={one.created_at} /> },
          { title: 'Request', cell: (one) => <Id value={one.request_id} /> },
          {
            title: 'Change',
            cell: (one) => <Raw value={{ before: one.before, after: one.after }} label="Show" />,
          },
        ]}
      />
      <Group justify="flex-end">
        {cursor > 0 && (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              go({ page: '' });
            }}
          >
            Newest
          </Button>
        )}
        {next !== null && (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              go({ page: String(next) });
            }}
          >
            Older
          </Button>
        )}
      </Group>
    </Page>
  );
}

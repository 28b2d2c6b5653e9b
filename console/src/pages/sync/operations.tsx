import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { sentence } from '../../format/words';
import { Filters, Pick, useAddress, Views } from '../../parts/filters';
import { Page } from '../../parts/page';
import { OperationTable } from './operation-table';

const STATES = [
  { value: '', label: 'All' },
  { value: 'failed', label: 'Failed' },
  { value: 'retrying', label: 'Retrying' },
  { value: 'pending', label: 'Pending' },
  { value: 'skipped', label: 'Skipped' },
  { value: 'succeeded', label: 'Succeeded' },
];

const KINDS = ['customer', 'plan', 'subscription', 'invoice', 'payment'];

export function Component(): ReactNode {
  const [at, go] = useAddress('state', 'provider', 'kind', 'page');
  const integrations = api.useQuery('get', '/v1/integrations/config');
  return (
    <Page
      title="Sync"
      subtitle="What is told to the providers: each operation with its tries and their answers."
    >
      <Filters>
        <Views
          label="State"
          views={STATES}
          value={at.state}
          change={(state) => {
            go({ state });
          }}
        />
        <Pick
          label="Provider"
          value={at.provider}
          change={(provider) => {
            go({ provider });
          }}
          choices={[
            { value: '', label: 'Every provider' },
            ...(integrations.data?.integrations ?? []).map((one) => ({
              value: one.provider,
              label: one.display_name,
            })),
          ]}
        />
        <Pick
          label="Kind"
          value={at.kind}
          change={(kind) => {
            go({ kind });
          }}
          choices={[
            { value: '', label: 'Everything' },
            ...KINDS.map((value) => ({ value, label: sentence(`${value}s`) })),
          ]}
        />
      </Filters>
      <OperationTable
        filter={{
          ...(at.state === '' ? {} : { state: at.state }),
          ...(at.provider === '' ? {} : { provider: at.provider }),
          ...(at.kind === '' ? {} : { entity_type: at.kind }),
        }}
        page={at.page}
        go={go}
      />
    </Page>
  );
}

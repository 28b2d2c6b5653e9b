import type { ReactNode } from 'react';
import { Filters, useAddress, Views } from '../../parts/filters';
import { Page } from '../../parts/page';
import { PaymentTable } from './payment-table';

const VIEWS = [
  { value: '', label: 'All' },
  { value: 'FAILED', label: 'Failed' },
  { value: 'PENDING', label: 'Pending' },
  { value: 'PROCESSING', label: 'Processing' },
  { value: 'SUCCEEDED', label: 'Succeeded' },
  { value: 'PARTIALLY_REFUNDED', label: 'Partly refunded' },
  { value: 'REFUNDED', label: 'Refunded' },
];

export function Component(): ReactNode {
  const [at, go] = useAddress('status', 'page');
  return (
    <Page title="Payments">
      <Filters>
        <Views
          label="Status"
          views={VIEWS}
          value={at.status}
          change={(status) => {
            go({ status });
          }}
        />
      </Filters>
      <PaymentTable {...(at.status === '' ? {} : { status: at.status })} page={at.page} go={go} />
    </Page>
  );
}

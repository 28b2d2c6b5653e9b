import { Button, Menu, Tabs } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useNavigate, useParams } from 'react-router';
import { api, body, client, useAction } from '../../api/client';
import type { Customer } from '../../api/types';
import { sentence } from '../../format/words';
import { useAddress } from '../../parts/filters';
import { Card, Columns, Facts, Page } from '../../parts/page';
import { Sheet } from '../../parts/sheet';
import { Answer, Problem } from '../../parts/states';
import { Id, Instant, Pill } from '../../parts/text';
import { SyncTimeline } from '../../parts/timeline';
import { InvoiceTable } from '../invoices/invoice-table';
import { OneOffInvoice } from '../invoices/one-off-invoice';
import { PaymentTable } from '../payments/payment-table';
import { NewSubscription } from '../subscriptions/new-subscription';
import { CustomerUsage } from '../usage/customer-usage';
import { WalletCards } from '../wallets/wallet-cards';
import { CustomerSheet } from './customer-sheet';
import { Entitlements } from './entitlements';
import { Owed } from './owed';
import { Subscriptions } from './subscriptions-of';

const TABS = ['Overview', 'Invoices', 'Payments', 'Usage', 'Sync'] as const;

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const customer = api.useQuery('get', '/v1/customers/{id}', { params: { path: { id } } });
  const found = customer.data;
  return (
    <Page
      title={found === undefined ? 'Customer' : found.name === '' ? found.external_id : found.name}
      under={{ to: '/customers', label: 'Customers' }}
      status={
        found !== undefined && found.status !== 'published' ? <Pill status={found.status} /> : undefined
      }
      subtitle={<Id value={id} />}
      actions={found === undefined ? undefined : <Actions customer={found} />}
    >
      <Answer of={customer} lines={8}>
        {(one) => <Details customer={one} />}
      </Answer>
    </Page>
  );
}

function Details({ customer }: { readonly customer: Customer }): ReactNode {
  const [at, go] = useAddress('tab', 'page');
  const tab = TABS.find((one) => one.toLowerCase() === at.tab) ?? 'Overview';
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(next) => {
        go({ tab: next === null || next === 'Overview' ? '' : next.toLowerCase() });
      }}
    >
      <Tabs.List mb="lg">
        {TABS.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {one}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="Overview">
        <Columns
          main={
            <>
              <Subscriptions customer={customer} />
              <Card title="Wallets">
                <WalletCards customerId={customer.id} />
              </Card>
              <Card title="Included, and what is left">
                <Entitlements customerId={customer.id} />
              </Card>
            </>
          }
          side={
            <>
              <Owed customerId={customer.id} />
              <Card title="Facts">
                <CustomerFacts customer={customer} />
              </Card>
            </>
          }
        />
      </Tabs.Panel>
      <Tabs.Panel value="Invoices">
        <InvoiceTable filter={{ customer_id: customer.id }} page={at.page} go={go} withoutCustomer />
      </Tabs.Panel>
      <Tabs.Panel value="Payments">
        <PaymentTable invoicesOf={customer.id} />
      </Tabs.Panel>
      <Tabs.Panel value="Usage">
        <CustomerUsage externalId={customer.external_id} />
      </Tabs.Panel>
      <Tabs.Panel value="Sync">
        <Card title="What was synced">
          <SyncTimeline
            entityId={customer.id}
            none="Nothing of this customer was synced: no connection sends customers, or none takes them over."
          />
        </Card>
      </Tabs.Panel>
    </Tabs>
  );
}

function CustomerFacts({ customer }: { readonly customer: Customer }): ReactNode {
  const integrations = api.useQuery('get', '/v1/customers/{id}/integrations', {
    params: { path: { id: customer.id } },
  });
  const address = [
    customer.address_line1,
    customer.address_line2,
    [customer.address_postal_code, customer.address_city].filter(Boolean).join(' '),
    customer.address_state,
    customer.address_country,
  ].filter((line) => line !== null && line !== '');
  return (
    <Facts
      facts={[
        ['Your id', customer.external_id],
        ['E-mail', customer.email],
        ['Address', address.join(', ')],
        ['Time zone', customer.timezone],
        ...(integrations.data?.integrations ?? []).map(
          (one) =>
            [
              `At ${sentence(one.provider)}`,
              <>
                {one.external_id !== null && <Id value={one.external_id} />} <Pill status={one.sync_status} />{' '}
                {one.error}
              </>,
            ] as const,
        ),
        ...Object.entries(customer.metadata).map(([name, value]) => [name, value] as const),
        ['Created', <Instant at={customer.created_at} />],
      ]}
    />
  );
}

function Actions({ customer }: { readonly customer: Customer }): ReactNode {
  const navigate = useNavigate();
  const [open, setOpen] = useState<'subscribe' | 'edit' | 'bill' | 'delete'>();
  const close = (): void => {
    setOpen(undefined);
  };
  const remove = useAction(
    () => body(client.DELETE('/v1/customers/{id}', { params: { path: { id: customer.id } } })),
    'The customer is deleted',
  );
  return (
    <>
      <Button
        onClick={() => {
          setOpen('subscribe');
        }}
      >
        Subscribe to a plan
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" aria-label="More actions">
            …
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            onClick={() => {
              setOpen('bill');
            }}
          >
            Bill something once
          </Menu.Item>
          <Menu.Item
            onClick={() => {
              setOpen('edit');
            }}
          >
            Edit
          </Menu.Item>
          <Menu.Item
            onClick={() => {
              setOpen('delete');
            }}
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <NewSubscription customerId={customer.id} open={open === 'subscribe'} close={close} />
      <OneOffInvoice customer={customer} open={open === 'bill'} close={close} />
      {open === 'edit' && <CustomerSheet customer={customer} open close={close} />}
      <Sheet
        title={`Delete ${customer.name}`}
        open={open === 'delete'}
        close={close}
        danger
        button="Delete the customer"
        consequence="Deletes the customer, here and at providers that customers are sent to. It is refused while something is owed or a subscription runs."
        action={remove}
        submit={() => {
          remove.mutate(undefined, { onSuccess: () => void navigate('/customers') });
        }}
      />
      <Problem error={null} />
    </>
  );
}

import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { api, body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import { sentence } from '../../format/words';
import { Filters, useAddress, Views } from '../../parts/filters';
import { useCustomerNames } from '../../parts/names';
import { Page } from '../../parts/page';
import { CustomerPicker } from '../../parts/pickers';
import { Sheet, useRequestKey } from '../../parts/sheet';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Day, Id, Money, Pill, Quantity, To } from '../../parts/text';

const STATES = ['', 'active', 'frozen', 'closed'] as const;

export function Component(): ReactNode {
  const [at, go] = useAddress('status', 'page');
  const [adding, setAdding] = useState(false);
  const status = STATES.find((one) => one !== '' && one === at.status);
  const wallets = api.useQuery('post', '/v1/wallets/search', {
    body: {
      limit: PAGE_SIZE,
      offset: offsetOf(at.page),
      ...(status === undefined || status === '' ? {} : { status }),
    },
  });
  const names = useCustomerNames(wallets.data?.items.map((one) => one.customer_id));
  return (
    <Page
      title="Wallets"
      subtitle="Credits that customers have bought or were given, and what they pay with."
      actions={
        <Button
          onClick={() => {
            setAdding(true);
          }}
        >
          Make a wallet
        </Button>
      }
    >
      <Filters>
        <Views
          label="Status"
          views={STATES.map((value) => ({ value, label: value === '' ? 'All' : sentence(value) }))}
          value={at.status}
          change={(next) => {
            go({ status: next });
          }}
        />
      </Filters>
      <Table
        label="Wallets"
        rows={wallets.data?.items}
        rowKey={({ id }) => id}
        error={wallets.error}
        retry={wallets.refetch}
        empty={{
          title: 'No wallets',
          text: 'A wallet holds prepaid credits: invoices take from it first.',
          curl: `curl $URL/v1/wallets -H "x-api-key: $KEY" -H 'content-type: application/json' \\\n  -d '{"customer_id": "…", "currency": "usd", "initial_credits_to_load": "100"}'`,
        }}
        columns={[
          {
            title: 'Wallet',
            cell: (one) => (
              <>
                <To to={`/wallets/${one.id}`} row>
                  {one.name ?? sentence(one.wallet_type)}
                </To>
                <br />
                <Id value={one.id} />
              </>
            ),
          },
          {
            title: 'Customer',
            cell: (one) => (
              <To to={`/customers/${one.customer_id}`}>
                <bdi>{names.get(one.customer_id) ?? one.customer_id}</bdi>
              </To>
            ),
          },
          { title: 'Status', cell: (one) => <Pill status={one.wallet_status} /> },
          { title: 'Credits', end: true, cell: (one) => <Quantity value={one.credit_balance} /> },
          {
            title: 'Balance',
            end: true,
            cell: (one) => <Money amount={one.balance} currency={one.currency} />,
          },
          { title: 'Since', cell: (one) => <Day at={one.created_at} /> },
        ]}
      />
      <Pager of={wallets.data} page={at.page} go={go} />
      <NewWallet
        open={adding}
        close={() => {
          setAdding(false);
        }}
      />
    </Page>
  );
}

function NewWallet({ open, close }: { readonly open: boolean; readonly close: () => void }): ReactNode {
  const navigate = useNavigate();
  const requestKey = useRequestKey();
  const [customerId, setCustomerId] = useState('');
  const [currency, setCurrency] = useState('usd');
  const [type, setType] = useState<'PRE_PAID' | 'POST_PAID'>('PRE_PAID');
  const [credits, setCredits] = useState('');
  const make = useAction(() => {
    const content = {
      customer_id: customerId,
      currency: currency.trim().toLowerCase(),
      wallet_type: type,
      ...(credits.trim() === '' ? {} : { initial_credits_to_load: credits.trim() }),
    };
    return body(client.POST('/v1/wallets', { body: content, params: { header: requestKey(content) } }));
  }, 'The wallet is made');
  return (
    <Sheet
      title="Make a wallet"
      open={open}
      close={close}
      button="Make the wallet"
      disabled={customerId === '' || !/^[a-z]{3}$/i.test(currency.trim())}
      consequence={
        credits.trim() === ''
          ? 'The wallet is empty at first. No money is moved.'
          : `Gives ${credits.trim()} credits to the customer. No money is moved.`
      }
      action={make}
      submit={() => {
        make.mutate(undefined, { onSuccess: (wallet) => void navigate(`/wallets/${wallet.id}`) });
      }}
    >
      <CustomerPicker label="Customer" required value={customerId} change={setCustomerId} />
      <TextInput
        label="Currency"
        required
        value={currency}
        error={fieldError(make.error, 'currency')}
        onChange={(event) => {
          setCurrency(event.currentTarget.value);
        }}
      />
      <NativeSelect
        label="Kind"
        data={[
          { value: 'PRE_PAID', label: 'Prepaid: its credits are used before money is asked for' },
          { value: 'POST_PAID', label: 'Postpaid: pays invoices that exist' },
        ]}
        value={type}
        onChange={(event) => {
          setType(event.currentTarget.value as typeof type);
        }}
      />
      <TextInput
        label="Credits to begin with"
        inputMode="decimal"
        placeholder="0"
        value={credits}
        error={fieldError(make.error, 'initial_credits_to_load')}
        onChange={(event) => {
          setCredits(event.currentTarget.value);
        }}
      />
    </Sheet>
  );
}

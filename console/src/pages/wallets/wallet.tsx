import { Button, Menu, NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useParams } from 'react-router';
import { api, body, client, useAction } from '../../api/client';
import { fieldError } from '../../api/error';
import type { Wallet } from '../../api/types';
import { formatMoney, formatQuantity } from '../../format/money';
import { sentence } from '../../format/words';
import { useAddress } from '../../parts/filters';
import { useCustomerNames } from '../../parts/names';
import { Card, Columns, Facts, Page } from '../../parts/page';
import { Sheet, useRequestKey } from '../../parts/sheet';
import { Answer } from '../../parts/states';
import { offsetOf, Pager, PAGE_SIZE, Table } from '../../parts/table';
import { Day, Id, Instant, Money, Pill, Quantity, To } from '../../parts/text';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const wallet = api.useQuery('get', '/v1/wallets/{id}', { params: { path: { id } } });
  const names = useCustomerNames(wallet.data === undefined ? [] : [wallet.data.customer_id]);
  const found = wallet.data;
  const who = found === undefined ? undefined : names.get(found.customer_id);
  return (
    <Page
      title={
        found === undefined
          ? 'Wallet'
          : `${found.name ?? sentence(found.wallet_type)}${who === undefined ? '' : ` of ${who}`}`
      }
      under={{ to: '/wallets', label: 'Wallets' }}
      status={found === undefined ? undefined : <Pill status={found.wallet_status} />}
      subtitle={<Id value={id} />}
      actions={found === undefined ? undefined : <Actions wallet={found} />}
    >
      <Answer of={wallet} lines={6}>
        {(one) => (
          <Columns
            main={
              <Card title="Transactions">
                <Transactions wallet={one} />
              </Card>
            }
            side={<Balance wallet={one} name={who} />}
          />
        )}
      </Answer>
    </Page>
  );
}

function Balance({
  wallet,
  name,
}: {
  readonly wallet: Wallet;
  readonly name: string | undefined;
}): ReactNode {
  const balance = api.useQuery('get', '/v1/wallets/{id}/balance/real-time', {
    params: { path: { id: wallet.id } },
  });
  const money = (amount: string | null | undefined): ReactNode =>
    amount === null || amount === undefined ? '–' : <Money amount={amount} currency={wallet.currency} />;
  return (
    <>
      <Card title="Left now">
        <Answer of={balance} lines={3}>
          {(now) => (
            <>
              <div className="big-figure">{money(now.real_time_balance ?? now.balance)}</div>
              <Facts
                facts={[
                  ['Balance', money(now.balance)],
                  ['Used and not billed', money(now.current_period_usage)],
                  ['On unpaid invoices', money(now.unpaid_invoices_amount)],
                  ['Credits', <Quantity value={now.credit_balance} />],
                ]}
              />
            </>
          )}
        </Answer>
      </Card>
      <Card title="Facts">
        <Facts
          facts={[
            ['Customer', <To to={`/customers/${wallet.customer_id}`}>{name ?? wallet.customer_id}</To>],
            ['Kind', sentence(wallet.wallet_type)],
            ['A credit is worth', <Money amount={wallet.conversion_rate} currency={wallet.currency} />],
            [
              'Topped up by itself',
              wallet.auto_topup?.enabled === true
                ? `with ${formatQuantity(String(wallet.auto_topup.amount))} credits below ${formatQuantity(String(wallet.auto_topup.threshold))}`
                : 'no',
            ],
            ['Since', <Day at={wallet.created_at} />],
          ]}
        />
      </Card>
    </>
  );
}

function Transactions({ wallet }: { readonly wallet: Wallet }): ReactNode {
  const [at, go] = useAddress('page');
  const transactions = api.useQuery('get', '/v1/wallets/{id}/transactions', {
    params: { path: { id: wallet.id }, query: { limit: PAGE_SIZE, offset: offsetOf(at.page) } },
  });
  return (
    <>
      <Table
        label="Transactions"
        rows={transactions.data?.items}
        rowKey={({ id }) => id}
        error={transactions.error}
        retry={transactions.refetch}
        empty={{ title: 'No transactions', text: 'Nothing was put in or taken out yet.' }}
        columns={[
          {
            title: 'Why',
            cell: (one) => (
              <>
                {sentence(one.transaction_reason)}
                <br />
                <Id value={one.id} />
              </>
            ),
          },
          { title: 'Status', cell: (one) => <Pill status={one.transaction_status} /> },
          {
            title: 'Of',
            cell: (one) =>
              one.reference_type === 'INVOICE' && one.reference_id !== null ? (
                <To to={`/invoices/${one.reference_id}`}>Invoice</To>
              ) : (
                (one.description ?? '–')
              ),
          },
          {
            title: 'Credits',
            end: true,
            cell: (one) => (
              <>
                {one.type === 'debit' ? '−' : '+'}
                <Quantity value={one.credit_amount} />
              </>
            ),
          },
          { title: 'Left', end: true, cell: (one) => <Quantity value={one.credit_balance_after} /> },
          { title: 'Expires', cell: (one) => <Day at={one.expiry_date} /> },
          { title: 'When', cell: (one) => <Instant at={one.created_at} /> },
        ]}
      />
      <Pager of={transactions.data} page={at.page} go={go} />
    </>
  );
}

const REASONS = [
  { value: 'FREE_CREDIT_GRANT', label: 'Given away' },
  { value: 'PURCHASED_CREDIT_DIRECT', label: 'Bought, and paid elsewhere' },
  { value: 'PURCHASED_CREDIT_INVOICED', label: 'Bought: an invoice is made, credits come when it is paid' },
] as const;

type Reason = (typeof REASONS)[number]['value'];

function Actions({ wallet }: { readonly wallet: Wallet }): ReactNode {
  const [open, setOpen] = useState<'top-up' | 'close'>();
  const [credits, setCredits] = useState('');
  const [reason, setReason] = useState<Reason>('FREE_CREDIT_GRANT');
  const requestKey = useRequestKey();
  const close = (): void => {
    setOpen(undefined);
  };
  const path = { id: wallet.id };
  const topUp = useAction(() => {
    const content = { transaction_reason: reason, credits_to_add: credits.trim() };
    return body(
      client.POST('/v1/wallets/{id}/top-up', {
        params: { path, header: requestKey(content) },
        body: content,
      }),
    );
  }, 'Done');
  const terminate = useAction(
    () => body(client.POST('/v1/wallets/{id}/terminate', { params: { path } })),
    'The wallet is closed',
  );
  if (wallet.wallet_status === 'closed') return null;
  const consequence: Readonly<Record<Reason, string>> = {
    FREE_CREDIT_GRANT: `Gives ${credits || '…'} credits to the customer. No money is moved.`,
    PURCHASED_CREDIT_DIRECT: `Adds ${credits || '…'} credits that were paid for outside of this system. No money is moved.`,
    PURCHASED_CREDIT_INVOICED: `Makes an invoice for ${credits || '…'} credits. They are added when it is paid.`,
  };
  return (
    <>
      <Button
        onClick={() => {
          setOpen('top-up');
        }}
      >
        Top up
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
              setOpen('close');
            }}
          >
            Close the wallet
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Sheet
        title="Top up"
        open={open === 'top-up'}
        close={close}
        button="Top up"
        disabled={!/^\d+(\.\d+)?$/.test(credits.trim())}
        consequence={consequence[reason]}
        action={topUp}
        submit={() => {
          topUp.mutate(undefined, {
            onSuccess: () => {
              setCredits('');
              close();
            },
          });
        }}
      >
        <TextInput
          label="Credits"
          description={`One is worth ${formatMoney(wallet.conversion_rate, wallet.currency)}.`}
          inputMode="decimal"
          required
          value={credits}
          error={fieldError(topUp.error, 'credits_to_add')}
          onChange={(event) => {
            setCredits(event.currentTarget.value);
          }}
        />
        <NativeSelect
          label="Why"
          data={[...REASONS]}
          value={reason}
          onChange={(event) => {
            setReason(event.currentTarget.value as Reason);
          }}
        />
      </Sheet>
      <Sheet
        title="Close the wallet"
        open={open === 'close'}
        close={close}
        danger
        button="Close the wallet"
        consequence={`Takes the remaining ${formatQuantity(wallet.credit_balance)} credits, worth ${formatMoney(wallet.balance, wallet.currency)}, and closes the wallet for good.`}
        action={terminate}
        submit={() => {
          terminate.mutate(undefined, { onSuccess: close });
        }}
      />
    </>
  );
}

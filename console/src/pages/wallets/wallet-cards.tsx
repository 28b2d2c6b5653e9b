import { Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import type { Wallet } from '../../api/types';
import { sentence } from '../../format/words';
import { Facts } from '../../parts/page';
import { Answer, Empty } from '../../parts/states';
import { Money, Pill, Quantity, To } from '../../parts/text';

export function WalletCards({ customerId }: { readonly customerId: string }): ReactNode {
  const wallets = api.useQuery('get', '/v1/customers/{id}/wallets', { params: { path: { id: customerId } } });
  return (
    <Answer of={wallets}>
      {(all) =>
        all.length === 0 ? (
          <Empty title="No wallet" text="Prepaid credits of this customer would be here." />
        ) : (
          <Stack>
            {all.map((wallet) => (
              <WalletCard key={wallet.id} wallet={wallet} />
            ))}
          </Stack>
        )
      }
    </Answer>
  );
}

/** The balance less what was used and is not paid yet: what a customer can spend now. */
function WalletCard({ wallet }: { readonly wallet: Wallet }): ReactNode {
  const balance = api.useQuery(
    'get',
    '/v1/wallets/{id}/balance/real-time',
    { params: { path: { id: wallet.id } } },
    { enabled: wallet.wallet_status === 'active' },
  );
  return (
    <div>
      <Group>
        <To to={`/wallets/${wallet.id}`}>{wallet.name ?? sentence(wallet.wallet_type)}</To>
        <Pill status={wallet.wallet_status} />
      </Group>
      <Facts
        facts={[
          ['Balance', <Money amount={wallet.balance} currency={wallet.currency} />],
          ['Credits', <Quantity value={wallet.credit_balance} />],
          ...(balance.data === undefined
            ? []
            : ([
                [
                  'Left now',
                  <Money
                    amount={balance.data.real_time_balance ?? balance.data.balance}
                    currency={wallet.currency}
                  />,
                ],
                [
                  'Used and not billed',
                  <Money amount={balance.data.current_period_usage} currency={wallet.currency} />,
                ],
              ] as const)),
        ]}
      />
    </div>
  );
}

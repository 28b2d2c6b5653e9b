import type { ContractHarness } from 'flexprice-nest/testing';
import type { ProviderConnection, RemoteInvoiceStatus } from 'flexprice-nest';
import { AcmeServer, signAcme } from './acme-server.js';
import { acmeAdapter } from './acme.adapter.js';

/** What the contract suite needs to hold the adapter against the played Acme. */
export function acmeHarness(server: AcmeServer, baseUrl: () => string): ContractHarness {
  let accounts = 0;
  const accountOf = ({ credentials }: ProviderConnection): ReturnType<AcmeServer['account']> =>
    server.account(credentials.api_key ?? '');
  return {
    adapter: acmeAdapter,
    marksEnvironments: true,
    badCredentials: { api_key: 'acme_not valid at all' },
    notRepresentable: { amount: 100n, currency: 'jpy' },
    connection: () => {
      accounts += 1;
      const credentials = { api_key: `acme_contract_${accounts}` };
      return { connectionId: `conn_${accounts}`, environmentId: 'env_contract', credentials };
    },
    runtime: {
      get baseUrl() {
        return baseUrl();
      },
      timeoutMs: 2_000,
      now: () => new Date(),
    },
    remote: {
      requests: (on) => accountOf(on).requests,
      arrange: (on, mishap) => {
        accountOf(on).mishap = { ...mishap };
      },
      calm: () => server.calm(),
      forgetKeys: (on) => accountOf(on).keys.clear(),
      invoices: (on, invoiceId) =>
        [...accountOf(on).invoices.values()]
          .filter(({ reference }) => reference === invoiceId)
          .map(({ id, status, amount, currency }) => ({
            remoteId: id,
            status: status as RemoteInvoiceStatus,
            total: { amount: BigInt(amount), currency },
          })),
      payInvoice: (on, remoteId) => server.pay(on.credentials.api_key ?? '', remoteId),
      distortTotals: (on) => {
        accountOf(on).distorted = true;
      },
      showUnknownStatus: (on, remoteId) => {
        Object.assign(accountOf(on).invoices.get(remoteId) ?? {}, { status: 'simmering' });
      },
    },
    webhooks: {
      secret: 'a secret of acme',
      otherSecret: 'another secret of acme',
      sign: signAcme,
      events: [
        {
          body: { id: 'evt_1', type: 'invoice.paid', invoice: 'ainv_1' },
          kind: 'invoice.changed',
          remoteId: 'ainv_1',
        },
        { body: { id: 'evt_2', type: 'account.renamed' }, kind: 'ignored' },
      ],
      unknownEvent: { id: 'evt_3', type: 'moon.phase_changed', invoice: 'ainv_1' },
    },
  };
}

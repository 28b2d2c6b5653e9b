import { randomBytes } from 'node:crypto';
import type { NewTenant } from '../../../src/tenancy/tenancy.service.js';
import type { ApiClient } from '../api-client.js';
import { stripeInvoicesOf, whopInvoicesOf } from '../faults.js';
import { eventually } from '../eventually.js';
import type { Road } from '../road.js';

export type ProviderName = 'stripe' | 'whop';

/** A tenant with an account at the provider that nobody else uses: what is arranged for its key strikes nobody else. */
export interface Lane {
  readonly road: Road;
  readonly provider: ProviderName;
  readonly api: ApiClient;
  readonly tenant: NewTenant;
  readonly connectionId: string;
  readonly secretKey: string;
}

/** One invoice, its customer, and what was paid of it here. */
export interface Subject {
  readonly lane: Lane;
  readonly customer: any;
  readonly invoice: any;
}

export async function openLane(road: Road, provider: ProviderName): Promise<Lane> {
  const { tenant, api } = await road.server.anotherTenant();
  const url = `${road.server.url}/v1/webhooks/${provider}/${tenant.tenantId}/${tenant.environmentId}`;
  if (provider === 'stripe') {
    const { connection, secretKey } = await road.connectStripe({}, { webhookUrl: url, api });
    return { road, provider, api, tenant, connectionId: connection.id as string, secretKey };
  }
  const secretKey = `apik_${randomBytes(12).toString('hex')}`;
  const companyId = `biz_${randomBytes(7).toString('hex')}`;
  const endpoint = await fetch(`${road.sandbox.whop.url}/webhooks`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secretKey}`,
      'content-type': 'application/json',
      'api-version-date': '2026-07-20',
    },
    body: JSON.stringify({
      url,
      events: ['invoice.paid', 'invoice.voided', 'payment.succeeded'],
      resource_id: companyId,
      api_version: 'v1',
      enabled: true,
    }),
  });
  const { webhook_secret: secret } = (await endpoint.json()) as { webhook_secret: string };
  const connection = await api.create('/connections', {
    provider_type: 'whop',
    name: 'Whop',
    encrypted_secret_data: { api_key: secretKey, company_id: companyId, webhook_secret: secret },
    sync_config: { invoice: { outbound: true } },
  });
  return { road, provider, api, tenant, connectionId: connection.id as string, secretKey };
}

export const sandboxOf = ({ road, provider }: Lane): Road['sandbox']['stripe'] | Road['sandbox']['whop'] =>
  road.sandbox[provider];

export const remotesOf = ({ lane, invoice }: Subject): any[] =>
  (lane.provider === 'stripe' ? stripeInvoicesOf : whopInvoicesOf)(lane.road, invoice.id as string);

/** All that was planned of the invoice, its customer and its payments, with the calls that were made. */
export async function operationsOf({ lane, customer, invoice }: Subject): Promise<any[]> {
  const { items: payments } = await lane.api.get(`/payments?destination_id=${invoice.id}&limit=100`);
  const all = [];
  for (const id of [invoice.id, customer.id, ...payments.map((one: any) => one.id)])
    all.push(...(await lane.api.get(`/integrations/operations?entity_id=${id}&order=asc&limit=100`)).items);
  return all;
}

/** Everything that has happened here is planned. */
export function planned(lane: Lane): Promise<unknown> {
  return eventually('all is planned', async () => {
    const [row] = await lane.road.server.database.query(
      `SELECT (SELECT count(*) FROM outbox_events WHERE environment_id = $1 AND relayed_at IS NULL)
            + (SELECT count(*) FROM jobs WHERE environment_id = $1 AND kind LIKE 'sync.plan%'
                AND state IN ('queued', 'running')) AS count`,
      [lane.tenant.environmentId],
    );
    return Number(row?.count) === 0;
  });
}

/** No job of the lane is left that has to do with providers, and no webhook is under way. */
export async function settled(lane: Lane): Promise<void> {
  const query = `
    SELECT 'event ' || type AS what FROM outbox_events WHERE environment_id = $1 AND relayed_at IS NULL
    UNION ALL
    SELECT 'job ' || kind FROM jobs WHERE environment_id = $1 AND state IN ('queued', 'running')
       AND (kind LIKE 'sync.%' OR kind LIKE 'webhook%' OR kind = 'payment.resume')
       AND NOT (kind = 'payment.resume' AND run_at > now() + interval '1 second')
    UNION ALL
    SELECT 'operation ' || action || ' ' || state FROM sync_operations
     WHERE environment_id = $1 AND state NOT IN ('succeeded', 'failed', 'skipped')
    UNION ALL
    SELECT 'webhook ' || state || ' ' || type || ' ' || coalesce(reason, '') FROM webhook_events WHERE environment_id = $1 AND state IN ('received', 'retrying')`;
  for (let quiet = 0; quiet < 2; quiet += 1) {
    await eventually(
      'the lane is settled',
      async () => {
        const left = await lane.road.server.database.query(query, [lane.tenant.environmentId]);
        if (left.length > 0) throw new Error(JSON.stringify(left.map(({ what }) => what)));
        return true;
      },
      20_000,
    );
    await sandboxOf(lane).settle();
  }
}

export async function newSubject(lane: Lane): Promise<Subject> {
  const name = `c-${randomBytes(6).toString('hex')}`;
  const customer = await lane.api.create('/customers', {
    external_id: name,
    name: `Customer ${name}`,
    email: `${name}@example.test`,
  });
  return { lane, customer, invoice: undefined };
}

export const newInvoice = ({ lane, customer }: Subject): Promise<any> =>
  lane.api.create('/invoices', {
    customer_id: customer.id,
    currency: 'usd',
    amount_due: '30',
    line_items: [
      { display_name: 'Seats', amount: '20.00', quantity: '1' },
      { display_name: 'Tokens', amount: '10.00', quantity: '1' },
    ],
    invoice_status: 'FINALIZED',
  });

import {
  ProviderError,
  type InvoiceOperations,
  type InvoicePush,
  type ProviderAdapter,
  type ProviderConnection,
  type ProviderErrorKind,
  type ProviderRuntime,
  type RemoteInvoice,
  type RemoteInvoiceStatus,
} from 'flexprice-nest';
import { acmeWebhooks } from './acme.webhooks.js';

/** An invoice as Acme shows it. Amounts are whole minor units. */
export interface AcmeInvoice {
  readonly id: string;
  readonly reference: string;
  readonly environment: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly page: string;
  readonly payment: { readonly id: string; readonly at: string } | null;
}

interface Acme {
  readonly connection: ProviderConnection;
  call<T>(method: string, path: string, body?: object, key?: string): Promise<T>;
}

const KINDS: Readonly<Record<number, ProviderErrorKind>> = {
  401: 'auth',
  404: 'not_found',
  409: 'conflict',
  429: 'rate_limited',
};

/** Acme Pay: invoices with a hosted page. Customers, plans and cards it has none, so their groups are left out. */
export const acmeAdapter: ProviderAdapter = {
  provider: 'acme',
  displayName: 'Acme Pay',
  capabilities: {
    customer: { inbound: false, outbound: false },
    plan: { inbound: false, outbound: false },
    invoice: { inbound: false, outbound: true },
    subscription: { inbound: false, outbound: false },
    payment: { inbound: true, outbound: false },
  },
  credentialFields: [
    {
      name: 'api_key',
      label: 'Acme API key',
      description: 'From the Acme dashboard.',
      secret: true,
      required: true,
      pattern: /^acme_\S+$/,
      example: 'acme_…',
      role: 'api',
    },
    {
      name: 'webhook_secret',
      label: 'Acme webhook secret',
      description: 'Of the webhook that points here.',
      secret: true,
      required: false,
      example: 'a long random text',
      role: 'webhook',
    },
  ],
  requestsPerSecond: 50,
  defaultBaseUrl: 'https://api.acme.example',
  webhooks: acmeWebhooks,
  open: (connection, runtime) => {
    const acme: Acme = { connection, call: (...request) => call(connection, runtime, ...request) };
    return {
      verify: async () => {
        const { id } = await acme.call<{ id: string }>('GET', '/account');
        return { accountId: id, livemode: undefined };
      },
      invoices: invoicesOf(acme),
    };
  },
};

/** One call is one attempt, told of once. An answer that does not come leaves the outcome unknown. */
async function call<T>(
  { credentials }: ProviderConnection,
  runtime: ProviderRuntime,
  method: string,
  path: string,
  body?: object,
  key?: string,
): Promise<T> {
  await runtime.turn?.();
  const started = performance.now();
  const told = (status: number | undefined): void => {
    const durationMs = performance.now() - started;
    runtime.onCall?.({ method, path: path.replace(/\?.*/, ''), status, requestId: undefined, durationMs });
  };
  let response: Response;
  let text: string;
  try {
    response = await fetch((runtime.baseUrl ?? acmeAdapter.defaultBaseUrl) + path, {
      method,
      headers: {
        authorization: `Bearer ${credentials.api_key ?? ''}`,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(runtime.timeoutMs),
    });
    text = await response.text();
  } catch {
    told(undefined);
    throw new ProviderError('unavailable', 'Acme did not answer', { code: 'no_answer' });
  }
  told(response.status);
  if (response.ok) return JSON.parse(text) as T;
  const kind = KINDS[response.status] ?? (response.status >= 500 ? 'unavailable' : 'invalid');
  throw new ProviderError(kind, `Acme says: ${text}`, { httpStatus: response.status });
}

const invoicesOf = (acme: Acme): InvoiceOperations => ({
  needsCustomer: false,
  push: async (invoice, attempt) => {
    refuse(invoice);
    // A later try looks for what an earlier one has made: Acme forgets keys after a day.
    const earlier = attempt.number > 1 ? await find(acme, invoice.invoiceId) : undefined;
    const made =
      earlier ?? (await acme.call<AcmeInvoice>('POST', '/invoices', bodyOf(acme, invoice), attempt.key));
    if (made.status === 'paid' || made.amount === Number(invoice.amountDue.amount)) return read(acme, made);
    await acme.call('POST', `/invoices/${made.id}/void`);
    const [owed, asked] = [Number(invoice.amountDue.amount) / 100, made.amount / 100];
    throw new ProviderError('invalid', `Acme makes it ${asked} where ${owed} is owed`, {
      code: 'total_mismatch',
    });
  },
  fetch: async (remoteId) => {
    try {
      return read(acme, await acme.call<AcmeInvoice>('GET', `/invoices/${encodeURIComponent(remoteId)}`));
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'not_found') return null;
      throw error;
    }
  },
  markPaid: async (remoteId) =>
    read(acme, await acme.call('POST', `/invoices/${encodeURIComponent(remoteId)}/settle`)),
  void: async (remoteId) =>
    read(acme, await acme.call('POST', `/invoices/${encodeURIComponent(remoteId)}/void`)),
  listSettled: async function* (since) {
    const found = await acme.call<AcmeInvoice[]>('GET', `/invoices?settled_since=${since.toISOString()}`);
    for (const { id } of found) yield { remoteId: id };
  },
});

/** What stays wrong, whoever repeats it, is refused before any call. */
function refuse({ amountDue }: InvoicePush): void {
  if (amountDue.amount <= 0n)
    throw new ProviderError('invalid', 'there is nothing to collect', { code: 'nothing_due' });
  if (amountDue.currency !== 'usd' && amountDue.currency !== 'eur')
    throw new ProviderError('invalid', `Acme does not take ${amountDue.currency}`, {
      code: 'currency_unsupported',
    });
}

const bodyOf = ({ connection }: Acme, invoice: InvoicePush): object => ({
  reference: invoice.invoiceId,
  environment: connection.environmentId,
  amount: Number(invoice.amountDue.amount),
  currency: invoice.amountDue.currency,
  email: invoice.customer.email,
  due: invoice.dueAt.toISOString(),
});

async function find(acme: Acme, invoiceId: string): Promise<AcmeInvoice | undefined> {
  const found = await acme.call<AcmeInvoice[]>('GET', `/invoices?reference=${encodeURIComponent(invoiceId)}`);
  return found.find(({ environment }) => environment === acme.connection.environmentId);
}

const STATUSES: readonly string[] = ['open', 'paid', 'void'];

function read({ connection }: Acme, invoice: AcmeInvoice): RemoteInvoice {
  const { id, currency, page, payment } = invoice;
  const foreign = invoice.environment !== connection.environmentId;
  const status = STATUSES.includes(invoice.status) ? (invoice.status as RemoteInvoiceStatus) : 'pending';
  const total = { amount: BigInt(invoice.amount), currency };
  const collected = status === 'paid' && payment !== null ? payment : undefined;
  return {
    remoteId: id,
    invoiceId: foreign ? undefined : invoice.reference,
    foreign,
    remoteCustomerId: undefined,
    status,
    total,
    amountRemaining: status === 'open' ? total : { amount: 0n, currency },
    hostedUrl: page,
    pdfUrl: undefined,
    payments:
      collected === undefined
        ? []
        : [
            {
              remoteId: collected.id,
              paymentId: undefined,
              foreign,
              remoteInvoiceId: id,
              remoteCustomerId: undefined,
              status: 'succeeded',
              amount: total,
              paidAt: new Date(collected.at),
              method: undefined,
              decline: undefined,
              metadata: {},
            },
          ],
    // Paid without a payment: somebody has marked it, or we have, and Acme does not say who.
    adjustments:
      status === 'paid' && collected === undefined
        ? [
            {
              remoteId: `${id}:marked_paid`,
              kind: 'OUT_OF_BAND',
              amount: total,
              released: false,
              settlesRest: true,
              mayBeOurs: true,
            },
          ]
        : [],
    metadata: { acme_invoice_id: id, acme_invoice_url: page },
  };
}

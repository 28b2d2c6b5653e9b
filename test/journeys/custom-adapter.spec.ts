import fs from 'node:fs';
import path from 'node:path';
import { AcmeModule } from '../../examples/custom-adapter/acme.module.js';
import { AcmeServer } from '../../examples/custom-adapter/acme-server.js';
import { acmeHarness } from '../../examples/custom-adapter/acme.harness.js';
import { adapterContract } from '../../src/testing.js';
import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const FOLDER = path.join(__dirname, '../../examples/custom-adapter');
const read = (file: string) => fs.readFileSync(path.join(FOLDER, file), 'utf8');

/** `docs/guides/add-a-provider.md` in the flesh: a third provider, added from outside. */
describe('a provider of one’s own', () => {
  const server = new AcmeServer();
  let baseUrl = 'http://127.0.0.1:1'; // until it listens
  beforeAll(async () => {
    await server.start();
    baseUrl = server.url;
  });
  afterAll(() => server.stop());

  it('is less than 300 lines, and knows nothing of us but what the package shows', () => {
    const adapter = ['acme.adapter.ts', 'acme.webhooks.ts'].map(read).join('');
    expect(adapter.split('\n').length).toBeLessThan(300);
    const imported = fs
      .readdirSync(FOLDER)
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...read(file).matchAll(/from '([^']+)'/g)].map((match) => match[1]!));
    expect(imported.length).toBeGreaterThan(5);
    expect(
      imported.filter((from) => !/^(flexprice-nest(\/testing)?$|@nestjs\/common$|node:|\.\/)/.test(from)),
    ).toEqual([]);
  });

  describe('keeps the contract', () => {
    for (const { name, run } of adapterContract(acmeHarness(server, () => baseUrl))) it(name, run);
  });

  describe('on a server that was given its module', () => {
    let app: TestApp;
    let connection: any;
    let customerId: string;
    beforeAll(async () => {
      app = await startTestApp({
        providerModules: [AcmeModule],
        providers: { baseUrls: { acme: server.url }, timeoutMs: 2_000 },
      });
      connection = await app.api.create('/connections', {
        provider: 'acme',
        name: 'Acme',
        metadata: { api_key: 'acme_journey', webhook_secret: 'told by nobody' },
        sync_config: { invoice_outbound_enabled: true },
      });
      server.account('acme_journey').webhook = { url: connection.webhook_url, secret: 'told by nobody' };
      customerId = (await app.api.create('/customers', { external_id: 'c', name: 'C', email: 'c@c.test' }))
        .id;
    });
    afterAll(() => app.stop());

    const remoteOf = (invoice: any) =>
      server.account('acme_journey').invoices.get(invoice.metadata.acme_invoice_id as string);
    const pushed = async () => {
      const { id } = await app.api.create('/invoices', {
        customer_id: customerId,
        currency: 'usd',
        amount_due: '25',
        line_items: [{ display_name: 'Work', amount: '25', quantity: '1' }],
        invoice_status: 'FINALIZED',
      });
      return eventually('pushed', async () => {
        const invoice = await app.api.get(`/invoices/${id}`);
        return invoice.metadata.acme_invoice_url !== undefined && invoice;
      });
    };
    const paid = (id: string) =>
      eventually('paid', async () => {
        const invoice = await app.api.get(`/invoices/${id}`);
        return invoice.payment_status === 'SUCCEEDED' && invoice;
      });

    it('is connected like any other: its key is checked, sealed and never shown', async () => {
      expect(connection).toMatchObject({
        provider: 'acme',
        account_id: server.account('acme_journey').id,
        credentials: { api_key: { last4: 'rney' } },
        webhook_events: ['invoice.paid', 'invoice.voided'],
      });
      expect(connection.webhook_url).toContain('/v1/webhooks/acme/');
      expect(JSON.stringify(connection)).not.toContain('acme_journey');
      const refused = await app.api.expect(400, 'POST', '/connections', {
        provider: 'acme',
        name: 'Acme',
        metadata: { api_key: 'nothing like it' },
      });
      expect(Object.keys(refused.error.details.fields)).toEqual(['api_key']);
    });

    it('gets an invoice, and its webhook pays it', async () => {
      const invoice = await pushed();
      expect(remoteOf(invoice)).toMatchObject({ reference: invoice.id, amount: 2500, status: 'open' });
      await server.pay('acme_journey', invoice.metadata.acme_invoice_id as string);
      expect(await paid(invoice.id as string)).toMatchObject({ amount_paid: '25' });
      const { items } = await app.api.get(`/payments?destination_id=${invoice.id}`);
      expect(items).toMatchObject([{ payment_gateway: 'acme', payment_status: 'SUCCEEDED', amount: '25' }]);
    });

    it('is asked what its webhook has lost', async () => {
      const invoice = await pushed();
      server.account('acme_journey').webhook = undefined;
      await server.pay('acme_journey', invoice.metadata.acme_invoice_id as string);
      expect(await app.api.post(`/integrations/connections/${connection.id}/reconcile`)).toEqual({
        changed: 1,
      });
      await paid(invoice.id as string);
    });

    it('is told what was settled or voided here, and an answer that is lost makes nothing twice', async () => {
      server.account('acme_journey').mishap = { kind: 'lost', after: 0 };
      const invoice = await pushed();
      const made = [...server.account('acme_journey').invoices.values()];
      expect(made.filter(({ reference }) => reference === invoice.id)).toHaveLength(1);
      await app.api.create('/payments', {
        destination_type: 'INVOICE',
        destination_id: invoice.id,
        payment_method_type: 'OFFLINE',
        amount: '25',
        currency: 'usd',
      });
      await eventually('told', () => Promise.resolve(remoteOf(invoice)?.status === 'paid'));
      const other = await pushed();
      await app.api.post(`/invoices/${other.id}/void`);
      await eventually('void', () => Promise.resolve(remoteOf(other)?.status === 'void'));
    });
  });
});

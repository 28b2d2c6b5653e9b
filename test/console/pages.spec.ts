import fs from 'node:fs';
import path from 'node:path';
import { source as axe } from 'axe-core';
import { CONSOLE_DIR, ConsoleRoad, type Tab } from '../support/console.js';

/** What the first page of the console may weigh as it is sent, in bytes. */
const FIRST_LOAD = 300 * 1024;

/** All pages, three times each, on a machine that runs other tests as well. */
const AXE_MS = 240_000;

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

describe('the pages of the console', () => {
  let on: ConsoleRoad;
  let tab: Tab;
  let pages: readonly string[];
  beforeAll(async () => {
    on = await ConsoleRoad.start();
    pages = await fillIn(on);
    tab = await on.signedIn({ colorScheme: 'light' });
  });
  afterAll(async () => {
    await on.stop();
  });

  /** Once nothing is loaded any more: what is drawn then stays. */
  const settled = async (): Promise<void> => {
    await tab.page.getByRole('heading', { level: 1 }).waitFor();
    await tab.page.locator('[aria-busy=true], .mantine-Skeleton-root').first().waitFor({ state: 'detached' });
  };
  const violations = async (rules?: readonly string[]): Promise<string[]> => {
    const options = JSON.stringify({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
    const result: { violations: Violation[] } = await tab.page.evaluate(`axe.run(document, ${options})`);
    return result.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  };

  it(
    'have no serious violation for axe, in light and dark, and no scrolling aside on a phone',
    async () => {
      const wrong: Record<string, unknown> = {};
      for (const at of pages) {
        await tab.page.setViewportSize({ width: 1280, height: 900 });
        await tab.page.emulateMedia({ colorScheme: 'light' });
        await tab.open(at);
        await settled();
        await tab.page.evaluate(axe);
        const light = await violations();
        await tab.page.emulateMedia({ colorScheme: 'dark' });
        await tab.page.locator('html[data-mantine-color-scheme=dark]').waitFor();
        const dark = await violations(['color-contrast']);
        await tab.page.setViewportSize({ width: 390, height: 844 });
        const aside: number = await tab.page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        if (light.length > 0 || dark.length > 0 || aside > 0) wrong[at] = { light, dark, aside };
      }
      expect(wrong).toEqual({});
      expect(tab.complaints).toEqual([]);
    },
    AXE_MS,
  );

  it('open their navigation on a phone, and are reached by the keyboard', async () => {
    await tab.page.emulateMedia({ colorScheme: 'light' });
    await tab.page.setViewportSize({ width: 390, height: 844 });
    await tab.open('/customers');
    await settled();
    await tab.button('Open the navigation');
    await tab.page.getByRole('dialog').getByRole('link', { name: 'Invoices', exact: true }).click();
    await tab.heading('Invoices');
    await tab.page.setViewportSize({ width: 1280, height: 900 });
    await tab.open('/invoices');
    await settled();
    await tab.page.keyboard.press('Tab');
    await tab.page.keyboard.press('Enter');
    expect(await tab.page.evaluate('document.activeElement.id')).toBe('content');
  });

  it('keep a view in their address', async () => {
    await tab.open('/invoices');
    await settled();
    await tab.button('Draft');
    await tab.page.waitForURL(/view=draft/);
    await tab.page.reload();
    await settled();
    expect(
      await tab.page.getByRole('button', { name: 'Draft', exact: true }).getAttribute('aria-pressed'),
    ).toBe('true');
  });
});

describe('the files of the console', () => {
  let on: ConsoleRoad;
  beforeAll(async () => {
    on = await ConsoleRoad.start();
  });
  afterAll(async () => {
    await on.stop();
  });

  it('are sent compressed, for ever where their names hold their content, with a policy without exceptions', async () => {
    const page = await fetch(`${on.server.url}/console/invoices/inv_any`);
    const html = await page.text();
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(policy).toContain(`default-src 'none'; script-src 'self'; style-src 'self' 'nonce-`);
    expect(policy).not.toMatch(/unsafe|https?:/);
    const [, nonce] = /nonce-([^']+)'/.exec(policy) ?? [];
    expect(html).toContain(`nonce="${String(nonce)}"`);
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son[a-z]+=|\sstyle=/);
    const again = await fetch(`${on.server.url}/console`);
    expect(again.headers.get('content-security-policy')).not.toBe(policy);

    const files = [...html.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map((match) => match[1]!);
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const asset = await fetch(`${on.server.url}${file}`, { headers: { 'accept-encoding': 'br' } });
      expect(asset.status).toBe(200);
      expect(asset.headers.get('content-encoding')).toBe('br');
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      await asset.arrayBuffer();
    }
    const home = fs
      .readdirSync(path.join(CONSOLE_DIR, 'assets'))
      .filter((name) => /^home-.*\.js\.br$/.test(name));
    const sizes = [...files.map((file) => `${path.basename(file)}.br`), ...home].map(
      (name) => fs.statSync(path.join(CONSOLE_DIR, 'assets', name)).size,
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_LOAD);
    expect((await fetch(`${on.server.url}/console/assets/none.js`)).status).toBe(404);
  });
});

/** Something on every page. Answers the addresses of all of them. */
async function fillIn({ road }: ConsoleRoad): Promise<string[]> {
  const { api } = road;
  const { connection } = await road.connectStripe();
  const feature = await api.create('/features', {
    name: 'Tokens',
    type: 'metered',
    meter: { name: 'Tokens', event_name: 'tokens', aggregation: { type: 'SUM', field: 'n' } },
  });
  const plan = await api.create('/plans', {
    name: 'Pro',
    currency: 'usd',
    billing_period: 'MONTHLY',
    prices: [
      { pricing_model: 'flat', unit_price: '20', display_name: 'Platform fee' },
      {
        feature_id: feature.id,
        pricing_model: 'tiered',
        tiers: [
          { up_to: '1000', unit_amount: '0.002' },
          { unit_amount: '0.001', flat_amount: '5' },
        ],
      },
    ],
  });
  await api.create('/entitlements', { plan_id: plan.id, feature_id: feature.id, usage_limit: 1000 });
  const customer = await road.customer('full', {
    name: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  });
  await road.customer('right-to-left', { name: 'شركة الاختبار المحدودة' });
  const subscription = await api.create('/subscriptions', {
    customer_id: customer.id,
    plan_id: plan.id,
    collection_method: 'send_invoice',
  });
  await api.expect(202, 'POST', '/events', {
    event_name: 'tokens',
    external_customer_id: 'full',
    properties: { n: 7 },
  });
  const invoice = await road.invoice(customer.id as string, [{ amount: '1234567.89' }]);
  await road.invoice(customer.id as string, [{ amount: '5' }], { invoice_status: 'DRAFT' });
  await road.invoice(customer.id as string, [{ amount: '500' }], { currency: 'jpy' });
  const [operation] = await road.settled(invoice.id as string);
  const payment = await api.create('/payments', {
    destination_type: 'INVOICE',
    destination_id: invoice.id,
    payment_method_type: 'OFFLINE',
    amount: '100',
    currency: 'usd',
  });
  await api.create(`/payments/${String(payment.id)}/refunds`, { amount: '40' });
  const wallet = await api.expect(200, 'POST', '/wallets', {
    customer_id: customer.id,
    currency: 'usd',
    initial_credits_to_load: '10',
  });
  await api.create('/coupons', {
    name: 'Launch',
    coupon_code: 'LAUNCH',
    type: 'percentage',
    percentage_off: '20',
    cadence: 'once',
  });
  await api.create('/taxes/rates', {
    name: 'VAT',
    code: 'vat',
    tax_rate_type: 'percentage',
    percentage_value: '19',
  });
  await api.create('/addons', { name: 'Seats', lookup_key: 'seats', type: 'multiple_instance' });
  const endpoint = await api.create('/webhook-endpoints', { url: 'https://hooks.example.test/in' });
  const of = (one: { id: string }): string => one.id;
  return [
    '/',
    '/customers',
    ...['', '?tab=invoices', '?tab=payments', '?tab=usage', '?tab=sync'].map(
      (tab) => `/customers/${of(customer)}${tab}`,
    ),
    '/subscriptions',
    `/subscriptions/${of(subscription)}`,
    '/invoices',
    `/invoices/${of(invoice)}`,
    '/invoices/inv_none',
    '/payments',
    `/payments/${of(payment)}`,
    '/plans',
    `/plans/${of(plan)}`,
    '/plans/new',
    '/features',
    '/coupons',
    '/taxes',
    '/addons',
    '/usage',
    `/usage?by=feature&feature=${of(feature)}`,
    '/usage?by=events',
    '/wallets',
    `/wallets/${of(wallet)}`,
    '/connections',
    `/connections/${of(connection)}`,
    '/sync',
    `/sync/${of(operation)}`,
    '/webhooks-in',
    '/api-keys',
    '/webhooks-out',
    `/webhooks-out/${of(endpoint)}`,
    '/jobs',
    '/audit-trail',
    '/test-clock',
    '/no-such-page',
  ];
}

import { createHash } from 'node:crypto';
import { startTestApp, type TestApp } from '../support/test-app.js';

const sha256 = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

describe('headers for browsers', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, { redirect: 'manual', ...init });

  it('are on every answer: of the API, refused or not, of health, of the documentation, of no route', async () => {
    const key = { 'x-api-key': server.tenant.apiKey };
    const json = { ...key, 'content-type': 'application/json' };
    const answers: [number, Response][] = [
      [200, await get('/v1/connections', { headers: key })],
      [401, await get('/v1/connections')],
      [404, await get('/v1/customers/none', { headers: key })],
      [400, await get('/v1/customers', { method: 'POST', headers: json, body: '{' })],
      [400, await get('/v1/customers', { method: 'POST', headers: json, body: '{}' })],
      [
        415,
        await get('/v1/customers', { method: 'POST', headers: { ...key, 'content-type': 'a/b' }, body: 'x' }),
      ],
      [202, await get('/v1/events', { method: 'POST', headers: json, body: EVENT })],
      [404, await get('/v1/webhooks/stripe/none', { method: 'POST', headers: json, body: '{}' })],
      // bug: it was answered 500, because nothing had kept its bytes
      [415, await get('/v1/webhooks/stripe/none', { method: 'POST', body: 'text' })],
      [404, await get('/none')],
      [400, await get('/%E0%A4%A')],
      [200, await get('/health')],
      [200, await get('/docs')],
      [200, await get('/docs/swagger-ui.css')],
      [200, await get('/docs/openapi.json')],
    ];
    for (const [status, { status: got, url, headers }] of answers)
      expect({ url, got, ...shown(headers) }).toEqual({
        url,
        got: status,
        nosniff: 'nosniff',
        referrer: 'no-referrer',
        resource: 'same-origin',
        powered: null,
        transport: null,
      });
  });

  it('ask for TLS from now on where, and only where, the public URL has it', async () => {
    for (const [publicUrl, transport] of [
      ['https://billing.example.test', 'max-age=31536000'],
      ['http://billing.example.test', null],
    ] as const) {
      const other = await startTestApp({ database: server.database, publicUrl });
      for (const path of ['/health', '/v1/customers', '/%E0%A4%A'])
        expect(shown((await fetch(`${other.url}${path}`)).headers)).toMatchObject({
          nosniff: 'nosniff',
          transport,
        });
      await other.close();
    }
  });

  it('let the documentation load what it is made of, and nothing else', async () => {
    const page = await get('/docs');
    const html = await page.text();
    const policy = policyOf(page);
    expect(policy).toMatchObject({
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'connect-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'frame-ancestors': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
    });
    expect(Object.values(policy).flat()).not.toEqual(expect.arrayContaining(["'unsafe-inline'"]));
    expect(Object.values(policy).flat()).not.toEqual(expect.arrayContaining(["'unsafe-eval'"]));
    // Scripts, styles and pictures are files of this server.
    const sources = [...html.matchAll(/<(?:script|link)\b[^>]*?(?:src|href)=["']([^"']+)["']/g)].map(
      (m) => m[1]!,
    );
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) {
      expect(source).toMatch(/^\.\/docs\//);
      expect((await get(source.slice(1))).status).toBe(200);
    }
    // What is written into the page itself is named by its hash; there is no script among it.
    expect([...html.matchAll(/<script\b[^>]*>([^<]*)<\/script>/g)].every((m) => m[1]!.trim() === '')).toBe(
      true,
    );
    expect(html).not.toMatch(/\son[a-z]+=/);
    const styles = [...html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map((m) => m[1]!);
    const attributes = [...html.matchAll(/\sstyle="([^"]*)"/g)].map((m) => m[1]!);
    expect(styles.length).toBeGreaterThan(0);
    expect(policy['style-src']).toEqual(["'self'", ...styles.map(sha256)]);
    expect(policy['style-src-attr']).toEqual(["'unsafe-hashes'", ...attributes.map(sha256)]);
    expect(policyOf(await get('/docs/swagger-ui-init.js'))['default-src']).toEqual(["'none'"]);
  });

  it('the console is served only where a server is told where it was built', async () => {
    for (const path of ['/console', '/console/invoices', '/console/assets/index.js'])
      expect((await get(path)).status).toBe(404);
    const other = await startTestApp({ database: server.database, consoleDir: '/nowhere' });
    expect((await fetch(`${other.url}/console`)).status).toBe(404);
    await other.close();
  });

  it('DOCS=off: no documentation is served', async () => {
    const other = await startTestApp({ database: server.database, docs: false });
    for (const path of ['/docs', '/docs/openapi.json', '/docs/swagger-ui.css'])
      expect((await fetch(`${other.url}${path}`)).status).toBe(404);
    await other.close();
  });
});

const EVENT = JSON.stringify({ event_name: 'seen', external_customer_id: 'c' });

const shown = (headers: Headers): Record<string, string | null> => ({
  nosniff: headers.get('x-content-type-options'),
  referrer: headers.get('referrer-policy'),
  resource: headers.get('cross-origin-resource-policy'),
  powered: headers.get('x-powered-by'),
  transport: headers.get('strict-transport-security'),
});

const policyOf = ({ headers }: Response): Record<string, string[]> =>
  Object.fromEntries(
    (headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
      const [name = '', ...values] = directive.split(' ');
      return [name, values];
    }),
  );

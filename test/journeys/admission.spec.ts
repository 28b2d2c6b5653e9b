import http from 'node:http';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** What a server does for whoever has shown nothing yet, and how much for whoever has. */
describe('requests are admitted by their heads', () => {
  let server: TestApp;
  const start = async (limits: object = {}): Promise<void> => {
    server = await startTestApp({ limits });
  };
  afterEach(async () => {
    await server.stop();
  });

  /** Sends the head, then `chunks` of a mebibyte for as long as no answer has come. Answers it, and how much was sent. */
  function flood(
    path: string,
    headers: Record<string, string>,
    chunks: number,
  ): Promise<{ status: number; retryAfter: string | undefined; sentBefore: number }> {
    return new Promise((resolve, reject) => {
      let sent = 0;
      const request = http.request(
        `${server.url}${path}`,
        { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
        (response) => {
          response.resume();
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'],
            sentBefore: sent,
          });
          request.destroy();
        },
      );
      request.on('error', reject);
      request.flushHeaders();
      const more = (): void => {
        if (sent >= chunks || request.destroyed) return;
        sent += 1;
        request.write('x'.repeat(1024 * 1024), () => setTimeout(more, 20));
      };
      setTimeout(more, 300);
    });
  }

  it.each([
    ['/v1/events/bulk', {}],
    ['/api/v1/events/bulk', { 'x-api-key': 'fpk_test_unknown' }],
    ['/v1/no-such-thing', {}],
  ])(
    'bug: the body of a request without a known key is read before the key is looked at: %s',
    async (path, headers) => {
      await start();
      const { status, sentBefore } = await flood(path, headers, 29);
      expect(status).toBe(401);
      expect(sentBefore).toBe(0);
    },
  );

  it('nothing outside of the API takes a body', async () => {
    await start();
    expect(await flood('/elsewhere', {}, 29)).toMatchObject({ status: 404, sentBefore: 0 });
  });

  it('one address that guesses keys is stopped for a while; who has one goes on', async () => {
    await start({ perAddress: 3 });
    const guess = (): Promise<Response> =>
      fetch(`${server.url}/v1/customers`, { headers: { 'x-api-key': 'fpk_test_guessed' } });
    for (let i = 0; i < 3; i++) expect((await guess()).status).toBe(401);
    const stopped = await guess();
    expect(stopped.status).toBe(429);
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await stopped.json()).toMatchObject({ error: { code: 'too_many_requests' } });
    expect((await server.api.send('GET', '/taxes/rates')).status).toBe(200);
  });

  it('one key takes no more than its requests a second, nor at a time', async () => {
    await start({ perKey: 5 });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => server.api.send('GET', '/taxes/rates')),
    );
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    await server.stop();
    await start({ atOncePerKey: 2 });
    const atOnce = await Promise.all(
      Array.from({ length: 12 }, () => server.api.send('GET', '/taxes/rates')),
    );
    expect(atOnce.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
    expect(atOnce.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    // What is answered is not counted any more.
    expect((await server.api.send('GET', '/taxes/rates')).status).toBe(200);
  });

  it('webhooks of one address are limited before they are read', async () => {
    await start({ webhooksPerAddress: 2 });
    const { tenantId, environmentId } = server.tenant;
    const send = async (): Promise<number> =>
      (
        await fetch(`${server.url}/v1/webhooks/stripe/${tenantId}/${environmentId}`, {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        })
      ).status;
    await send();
    await send();
    expect(await send()).toBe(429);
  });
});

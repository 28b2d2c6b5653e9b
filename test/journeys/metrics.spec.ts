import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { freePort, ServerProcess } from '../support/server-process.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

describe('metrics', () => {
  let road: Road<ServerProcess>;
  let receiver: WebhookReceiver;
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    receiver = await WebhookReceiver.start();
    road = await Road.on((sandbox) =>
      ServerProcess.start({
        transport: 'in-process',
        baseUrls: { stripe: sandbox.stripe.url },
        settings: { METRICS_PORT: String(port), WEBHOOKS_TO_PRIVATE_ADDRESSES: 'true' },
      }),
    );
  });
  afterAll(async () => {
    await road.stop();
    await receiver.stop();
  });

  /** Values by name and labels, as they are written. */
  const scrape = async (): Promise<Map<string, number>> => {
    const response = await fetch(`${url}/metrics`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/plain'),
    ]);
    const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  };

  it('count and measure what the process does, without ids of anybody', async () => {
    await road.connectStripe();
    await road.api.create('/webhook-endpoints', { url: receiver.url(), event_types: ['customer.created'] });
    const customer = await road.customer('measured');
    await road.settled(customer.id as string);
    await receiver.gets(1);
    const event = { event_name: 'used', external_customer_id: 'measured' };
    await road.api.expect(202, 'POST', '/events', event);
    await road.api.expect(202, 'POST', '/events/bulk', { events: [event, event, event] });
    await road.api.send('GET', `/customers/${customer.id}`);
    await road.api.send('GET', '/customers/cust_missing');

    const values = await eventually('all of it is counted', async () => {
      const found = await scrape();
      return (found.get('flexprice_webhook_try_duration_seconds_count{taken="true"}') ?? 0) > 0 && found;
    });
    expect(values.get('flexprice_events_total')).toBe(4);
    expect(values.get('flexprice_event_commits_total')).toBe(2);
    const requests = (method: string, route: string, status: number): number | undefined =>
      values.get(
        `flexprice_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`,
      );
    expect(requests('POST', '/v1/events', 202)).toBe(1);
    expect(requests('GET', '/v1/customers/:id', 200)).toBe(1);
    expect(requests('GET', '/v1/customers/:id', 404)).toBe(1);
    const calls =
      'flexprice_provider_call_duration_seconds_count{provider="stripe",method="POST",status="200"}';
    expect(values.get(calls)).toBeGreaterThan(0);
    expect(
      values.get('flexprice_job_duration_seconds_count{kind="notification.deliver",outcome="done"}'),
    ).toBe(1);
    expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    const { tenantId, environmentId } = road.server.tenant;
    const names = [...values.keys()].join('\n');
    for (const id of [tenantId, environmentId, customer.id as string, 'measured'])
      expect(names).not.toContain(id);
  });

  it('say what waits: parked jobs by kind, how long the oldest is due, events that nobody was told of', async () => {
    const { tenantId, environmentId } = road.server.tenant;
    const job = (id: string, state: string): Promise<unknown> =>
      road.server.database.query(
        `INSERT INTO jobs (id, tenant_id, environment_id, kind, key, payload, state, run_at, announced_at, retry_window_start, created_at, updated_at)
         VALUES ($1, $2, $3, 'metered.kind', $1, '{}', $4, now() - interval '1 hour', now() + interval '1 hour', now(), now(), now())`,
        [id, tenantId, environmentId, state],
      );
    await job('job_parked', 'parked');
    // Announced to somebody who is still expected.
    await job('job_waiting', 'queued');
    const values = await scrape();
    expect(values.get('flexprice_jobs{kind="metered.kind",state="parked"}')).toBe(1);
    expect(values.get('flexprice_jobs{kind="metered.kind",state="queued"}')).toBe(1);
    expect(values.get('flexprice_jobs_overdue_seconds')).toBeGreaterThan(3_500);
    expect(values.get('flexprice_outbox_unrelayed')).toBe(0);
    await road.server.database.query(`DELETE FROM jobs WHERE kind = 'metered.kind'`);
    const after = await scrape();
    expect(after.get('flexprice_jobs{kind="metered.kind",state="parked"}')).toBeUndefined();
    expect(after.get('flexprice_jobs_overdue_seconds')).toBeLessThan(3_500);
  });

  it('are served there and nowhere else', async () => {
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${road.server.url}/metrics`)).status).toBe(404);
  });
});

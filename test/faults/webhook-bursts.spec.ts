import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { ServerProcess } from '../support/server-process.js';
import { stripeHeaders } from '../support/stripe-webhook.js';
import { TRANSPORTS } from '../support/test-app.js';

const SECRET = 'whsec_of_a_burst_0123456789';

/** Many webhooks at once go into one row, which a job takes apart: what was acknowledged is stored, once. */
describe.each(TRANSPORTS)('webhooks in a burst, jobs by %s', (transport) => {
  let road: Road<ServerProcess>;
  let connectionId: string;
  beforeAll(async () => {
    road = await Road.on((sandbox) =>
      ServerProcess.start({ transport, baseUrls: { stripe: sandbox.stripe.url } }),
    );
    const connection = await road.api.create('/connections', {
      provider: 'stripe',
      name: 'Stripe',
      metadata: {
        secret_key: `sk_test_${randomBytes(12).toString('hex')}`,
        publishable_key: 'pk_test_0123456789abcdef',
        webhook_secret: SECRET,
      },
    });
    connectionId = connection.id as string;
  });
  afterAll(async () => {
    await road.stop();
  });

  const deliver = async (id: string): Promise<number> => {
    const body = JSON.stringify({ id, object: 'event', type: 'plan.created', data: { object: { id: 'x' } } });
    const response = await fetch(`${road.server.url}/v1/webhooks/stripe/${connectionId}`, {
      method: 'POST',
      headers: stripeHeaders(body, SECRET),
      body,
    });
    await response.arrayBuffer();
    return response.status;
  };
  const idsOf = (name: string, count: number): string[] =>
    Array.from({ length: count }, (_, n) => `evt_${name}_${n}`);
  const stored = async (name: string): Promise<{ id: string; state: string }[]> =>
    (await road.server.database.query(
      `SELECT provider_event_id AS id, state FROM webhook_events WHERE provider_event_id LIKE $1`,
      [`evt\\_${name}\\_%`],
    )) as { id: string; state: string }[];
  const bursts = async (): Promise<number> =>
    Number(
      (await road.server.database.query(`SELECT count(*) AS n FROM jobs WHERE kind = 'webhook.store'`))[0]?.n,
    );

  /** Delivers them while webhooks cannot be stored, so that they wait for each other and become bursts. */
  const together = async (deliveries: () => Promise<number>[]): Promise<Promise<number>[]> => {
    const before = await bursts();
    const client = new pg.Client({ connectionString: road.server.database.url });
    await client.connect();
    try {
      await client.query('BEGIN; LOCK TABLE billing.webhook_events IN ACCESS EXCLUSIVE MODE');
      const sent = deliveries();
      await eventually('a burst is written down', async () => (await bursts()) > before);
      return sent;
    } finally {
      await client.end();
    }
  };

  it('each is stored once and handled, whichever way it came', async () => {
    const ids = idsOf('many', 150);
    const sent = await together(() => [...ids, ...ids].map((id) => deliver(id)));
    expect(new Set(await Promise.all(sent))).toEqual(new Set([200]));
    await eventually('all are stored and over', async () => {
      const rows = await stored('many');
      return rows.length === ids.length && rows.every(({ state }) => state === 'skipped');
    });
    // Again, alone: known already.
    expect(await deliver(ids[7] as string)).toBe(200);
    expect((await stored('many')).map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  it('kill -9 loses none that was acknowledged', async () => {
    const acknowledged = new Set<string>();
    const sent = await together(() =>
      idsOf('killed', 400).map(async (id) => {
        const status = await deliver(id);
        if (status === 200) acknowledged.add(id);
        return status;
      }),
    );
    await eventually('a burst is acknowledged', () => Promise.resolve(acknowledged.size >= 16));
    await road.server.kill();
    await Promise.allSettled(sent);
    await road.server.leasesOver();
    await road.server.restart();
    await eventually('all that were acknowledged are stored', async () => {
      const there = new Set((await stored('killed')).map(({ id }) => id));
      return [...acknowledged].every((id) => there.has(id));
    });
    const rows = await stored('killed');
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });

  it('one that cannot be stored does not take the others with it, and is tried again', async () => {
    const webhook = (id: string, provider: string | null) => ({
      connectionId,
      provider,
      event: { id, type: 'plan.created', kind: 'ignored', reason: 'of no meaning here' },
      verified: true,
    });
    const { tenantId, environmentId } = road.server.tenant;
    await road.server.database.query(
      `INSERT INTO jobs (id, tenant_id, environment_id, kind, key, payload, run_at, retry_window_start, created_at, updated_at)
       VALUES ('job_bad', $1, $2, 'webhook.store', 'job_bad', $3, now(), now(), now(), now())`,
      [
        tenantId,
        environmentId,
        JSON.stringify({
          receivedAt: new Date().toISOString(),
          webhooks: [
            webhook('evt_bad_0', 'stripe'),
            webhook('evt_bad_1', null),
            webhook('evt_bad_2', 'stripe'),
          ],
        }),
      ],
    );
    await eventually('its neighbours are stored', async () => (await stored('bad')).length === 2);
    const failed = await eventually('the job has failed', async () => {
      const [job] = await road.server.database.query(
        `SELECT state, last_error FROM jobs WHERE id = 'job_bad' AND last_error IS NOT NULL`,
      );
      return job;
    });
    expect(failed).toEqual({ state: 'queued', last_error: expect.stringContaining('provider') });
  });

  it('an id that no index holds is refused, alone and in a burst', async () => {
    const long = `evt_${'x'.repeat(300)}`;
    expect(await deliver(long)).toBe(400);
    const statuses = await Promise.all(
      await together(() => [...idsOf('beside', 60), long].map((id) => deliver(id))),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(60);
    expect(statuses.at(-1)).toBe(400);
  });
});

import http from 'node:http';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { ServerProcess } from '../support/server-process.js';
import { TRANSPORTS } from '../support/test-app.js';

describe.each(TRANSPORTS)('SIGTERM, jobs by %s', (transport) => {
  let road: Road<ServerProcess>;
  beforeAll(async () => {
    road = await Road.on((sandbox) =>
      ServerProcess.start({ transport, baseUrls: { stripe: sandbox.stripe.url, whop: sandbox.whop.url } }),
    );
  });
  afterAll(async () => {
    await road.stop();
  });

  it('sigterm: what is asked is answered, what is done is recorded, and nothing is left under a lease', async () => {
    const { connection } = await road.connectStripe();
    const customer = await road.customer('stopped');
    await road.settled(customer.id as string);
    // Or the customers of the clients are pushed as well, and the invoice waits its turn behind hundreds of them.
    const sync_config = { customer_outbound_enabled: false };
    await road.api.put(`/connections/${connection.id}`, { sync_config });
    const path = '/v1/invoices';
    const { id: fault } = road.sandbox.stripe.fault({
      method: 'POST',
      path,
      mode: 'delay',
      ms: 1_500,
      times: null,
    });
    const { id } = await road.invoice(customer.id as string, [{ amount: '30.00' }]);
    await eventually('a push is under way', () =>
      Promise.resolve(road.sandbox.stripe.faults().some((one) => one.id === fault && one.struck > 0)),
    );
    const agent = new http.Agent({ keepAlive: true, maxSockets: 40 });
    // Every client goes on asking until it is told to go away, or finds the door closed.
    let cut = 0;
    let answered = 0;
    const client = async (name: string): Promise<void> => {
      for (let i = 0; ; i++) {
        const outcome = await post(agent, road.server, { external_id: `${name}-${i}`, name });
        if (outcome === 'refused') return;
        if (outcome === 'cut') cut += 1;
        else answered += 1;
        if (outcome !== 201) return;
      }
    };
    const clients = Array.from({ length: 40 }, (_, i) => client(`client-${i}`));
    await eventually('clients are at it', () => Promise.resolve(answered > 80));
    const begun = performance.now();
    expect(await road.server.terminate()).toBe(0);
    const took = performance.now() - begun;
    await Promise.all(clients);
    agent.destroy();
    expect(took).toBeLessThan(30_000);
    expect({ cut, answered: answered > 80 }).toEqual({ cut: 0, answered: true });
    const left = await road.server.database.query(
      `SELECT 'job ' || kind AS what FROM jobs WHERE state = 'running'
       UNION ALL SELECT 'operation ' || action FROM sync_operations WHERE state = 'running'`,
    );
    expect(left).toEqual([]);
    road.sandbox.stripe.clearFaults(fault);
    await road.server.restart();
    const operations = await road.settled(id as string);
    expect(operations).toMatchObject([{ action: 'push', state: 'succeeded' }]);
  });
});

/** The status; `cut` when it was sent and not answered, `refused` when it could not be sent. */
function post(agent: http.Agent, server: ServerProcess, body: object): Promise<number | 'cut' | 'refused'> {
  return new Promise((resolve) => {
    const request = http.request(
      `${server.url}/v1/customers`,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'x-api-key': server.tenant.apiKey },
      },
      (response) => {
        response.resume().on('end', () => {
          resolve(response.statusCode ?? 0);
        });
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A connection that was idle when the door was closed has not taken the request.
      resolve(error.code === 'ECONNREFUSED' || request.reusedSocket ? 'refused' : 'cut');
    });
    request.end(JSON.stringify(body));
  });
}

import { expectWhole, setProviderTimeout, struckBy } from '../support/faults.js';
import { Road } from '../support/road.js';

/** Instead of an answer, after it was carried out: a bare value, an object that is none of theirs, a page, half a body. */
const TEXTS = [
  '"ok"',
  'null',
  '[]',
  '{"nonsense":true}',
  '<html><body>Bad gateway</body></html>',
  '{"id":"in_1","obj',
];
const LINES = [{ amount: '10.00' }, { amount: '7.26' }];

describe('answers that are none', () => {
  let road: Road;
  beforeAll(async () => {
    road = await Road.start();
    setProviderTimeout(road, 1_500);
  });
  afterAll(async () => {
    await road.stop();
  });

  describe('of Stripe', () => {
    let connected: Awaited<ReturnType<Road['connectStripe']>>;
    beforeAll(async () => {
      connected = await road.connectStripe();
    });
    afterAll(() => road.api.send('DELETE', `/connections/${connected.connection.id}`));

    it.each(['/v1/customers', '/v1/invoices', '/v1/invoices/{id}/add_lines', '/v1/invoices/{id}/send'])(
      'json-scalar-answer on POST %s: tried again, one invoice, the process goes on',
      async (path) => {
        for (const text of TEXTS) {
          const customer = await road.customer(
            `odd-${path}-${TEXTS.indexOf(text)}`.replaceAll(/[^a-z0-9]+/g, '-'),
          );
          const rule = { method: 'POST', path, mode: 'error_after', status: 200, text } as const;
          const { id } = await struckBy(road.sandbox.stripe, [rule], async () => {
            const made = await road.invoice(customer.id as string, LINES);
            await road.settled(made.id as string);
            await road.settled(customer.id as string);
            return made;
          });
          const { secretKey } = connected;
          await expectWhole(
            road,
            'stripe',
            id as string,
            { status: 'open', total: 1726, lines: 2 },
            secretKey,
          );
        }
      },
    );
  });

  describe('of Whop', () => {
    it.each(TEXTS)('%j on POST /api/v1/invoices: looked up, one invoice', async (text) => {
      const { connection } = await road.connectWhop();
      const customer = await road.customer(`odd-whop-${TEXTS.indexOf(text)}`);
      const rule = {
        method: 'POST',
        path: '/api/v1/invoices',
        mode: 'error_after',
        status: 200,
        text,
      } as const;
      const { id } = await struckBy(road.sandbox.whop, [rule], async () => {
        const made = await road.invoice(customer.id as string, LINES);
        await road.settled(made.id as string);
        return made;
      });
      await expectWhole(road, 'whop', id as string, { status: 'open', total: 17.26, lines: 2 });
      await road.api.send('DELETE', `/connections/${connection.id}`);
    });
  });
});

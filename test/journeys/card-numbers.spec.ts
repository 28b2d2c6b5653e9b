import { startTestApp, type TestApp } from '../support/test-app.js';

const CARD = '4242 4242 4242 4242';
const PLAIN = '5555555555554444';

describe('numbers of payment cards', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const refused = async (path: string, body: object): Promise<string[]> => {
    const { status, body: answer } = await server.api.send('POST', path, body);
    expect([path, status]).toEqual([path, 400]);
    expect(JSON.stringify(answer)).not.toMatch(/4242|5555/);
    return Object.keys(answer.details.fields as object);
  };

  it('in names, descriptions, metadata and parts of a request are refused, naming the field', async () => {
    const customer = { external_id: 'c', name: 'C' };
    expect(await refused('/customers', { ...customer, name: `Card ${CARD}` })).toEqual(['name']);
    expect(await refused('/customers', { ...customer, metadata: { note: PLAIN, fine: 'x' } })).toEqual([
      'metadata.note',
    ]);
    expect(await refused('/plans', { name: 'P', description: PLAIN })).toEqual(['description']);
    const { id } = await server.api.create('/customers', customer);
    const line = { display_name: `paid by ${CARD}`, amount: '5', quantity: '1', metadata: { last: PLAIN } };
    expect(
      await refused('/invoices', { customer_id: id, currency: 'usd', amount_due: '5', line_items: [line] }),
    ).toEqual(['line_items[0].display_name', 'line_items[0].metadata.last']);
  });

  it('in properties of events are refused, all events with them', async () => {
    const event = (properties: object): object => ({
      event_name: 'e',
      external_customer_id: 'c',
      properties,
    });
    expect(await refused('/events', event({ note: CARD }))).toEqual(['properties.note']);
    expect(await refused('/events/bulk', { events: [event({}), event({ a: { b: ['x', PLAIN] } })] })).toEqual(
      ['events[1].properties.a.b[1]'],
    );
  });

  it('are not suspected in ids, amounts, numbers, times and phone numbers', async () => {
    const numbers = {
      order_id: PLAIN,
      phone: '4915123456789',
      call: '+49 1512 3456789',
      at: '1795979085324',
      amount: '4242424242424242.00',
      ean: '4006381333931',
    };
    await server.api.create('/customers', { external_id: PLAIN, name: 'By number', metadata: numbers });
    await server.api.expect(202, 'POST', '/events', {
      ...{ event_id: PLAIN, event_name: 'e', external_customer_id: PLAIN },
      properties: { ...numbers, bytes: 4242424242424242 },
    });
  });

  it('ALLOW_CARD_NUMBERS=true: they are taken', async () => {
    const other = await startTestApp({
      database: server.database,
      secretKey: server.secretKey,
      allowCardNumbers: true,
    });
    await other.api.create('/customers', { external_id: 'c', name: CARD, metadata: { note: PLAIN } });
    await other.api.expect(202, 'POST', '/events', {
      ...{ event_name: 'e', external_customer_id: 'c', properties: { note: CARD } },
    });
    await other.close();
  });
});

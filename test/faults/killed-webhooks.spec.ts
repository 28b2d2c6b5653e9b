import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server-process.js';
import { TRANSPORTS } from '../support/test-app.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

/** The process dies while it tells, or before it could: what has happened is told all the same. */
describe.each(TRANSPORTS)('kill -9 and outbound webhooks, jobs by %s', (transport) => {
  let server: ServerProcess;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    server = await ServerProcess.start({
      transport,
      baseUrls: {},
      settings: { WEBHOOKS_TO_PRIVATE_ADDRESSES: 'true', WEBHOOK_TIMEOUT_MS: '20000' },
    });
    await server.api.create('/webhook-endpoints', { url: receiver.url() });
  });
  afterAll(async () => {
    await server.stop();
    await receiver.stop();
  });

  const dieAndComeBack = async (): Promise<void> => {
    await server.kill();
    await server.leasesOver();
    await server.restart();
  };

  it('between the call and its answer: the same message again, with a try that has no end', async () => {
    receiver.reply('/hook', 'silent');
    await server.api.create('/customers', { external_id: 'silent', name: 'Silent' });
    const [first] = await receiver.gets(1);
    await dieAndComeBack();
    const [, second] = await receiver.gets(2);
    expect([second!.id, second!.text]).toEqual([first!.id, first!.text]);
    const delivery = await eventually('delivered', async () => {
      const [found] = (await server.api.get(`/webhook-deliveries?message_id=${first!.id}`)).items;
      return found.state === 'succeeded' ? found : undefined;
    });
    expect(delivery.attempts).toMatchObject([
      { number: 1, finished_at: null, http_status: null },
      { number: 2, http_status: 200, error: null },
    ]);
  });

  it('right after the answer to who has caused it: everything is told, each as one message', async () => {
    const made = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        server.api.create('/customers', { external_id: `burst-${n}`, name: `Burst ${n}` }),
      ),
    );
    await dieAndComeBack();
    const ids = made.map(({ id }) => id as string);
    for (const id of ids) await receiver.heard('customer.created', ({ customer }) => customer.id === id);
    const { items } = await server.api.get('/webhook-messages?type=customer.created&limit=1000');
    for (const id of ids) expect(items.filter((one: any) => one.entity_id === id)).toHaveLength(1);
  });
});

import { once } from 'node:events';
import net from 'node:net';
import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { createDatabase, type TestDatabase } from '../support/test-database.js';

/** `ReadyForQuery`, with which a new connection becomes usable. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

function fatal(): Buffer {
  const fields = Buffer.from(
    ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to administrator command', ''].join('\0') +
      '\0',
  );
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** In front of Postgres: ends new connections in the packet with which they become usable, as often as it is told. */
class Doorman {
  private readonly server = net.createServer((client) => {
    this.serve(client);
  });
  private readonly sockets = new Set<net.Socket>();
  ends = 0;
  struck = 0;

  constructor(private readonly target: URL) {}

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as net.AddressInfo).port;
  }

  /** As a database does that restarts. */
  cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.cutAll();
    this.server.close();
  }

  private serve(client: net.Socket): void {
    const upstream = net.connect(Number(this.target.port || 5432), this.target.hostname);
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          client.destroy();
          upstream.destroy();
          this.sockets.delete(socket);
        });
    }
    client.pipe(upstream);
    let isReady = false;
    upstream.on('data', (chunk) => {
      const becomesReady = !isReady && chunk.includes(READY);
      isReady ||= becomesReady;
      if (!becomesReady || this.ends === 0) {
        client.write(chunk);
        return;
      }
      this.ends -= 1;
      this.struck += 1;
      client.end(Buffer.concat([chunk, fatal()]));
    });
  }
}

describe('connections to the database that end', () => {
  let server: TestApp;
  let database: TestDatabase;
  let doorman: Doorman;

  beforeAll(async () => {
    database = await createDatabase();
    const url = new URL(database.url);
    doorman = new Doorman(url);
    const port = await doorman.listen();
    const through = new URL(database.url);
    through.hostname = '127.0.0.1';
    through.port = String(port);
    through.searchParams.delete('host');
    server = await startTestApp({
      database: { ...database, name: database.name, url: through.href },
    });
  });
  afterAll(async () => {
    await server.close();
    doorman.close();
    await database.drop();
  });

  it('pg-fresh-connection: one that ends in the moment it becomes usable is a 503, and the process goes on', async () => {
    doorman.ends = 30;
    doorman.cutAll();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        server.api.send('POST', '/customers', { external_id: crypto.randomUUID(), name: 'C' }),
      ),
    );
    expect(doorman.struck).toBeGreaterThan(0);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 503 && status !== 201)).toEqual([]);
    expect(statuses).toContain(503);
    doorman.ends = 0;
    await eventually('it serves again', async () => {
      const { status, body } = await server.api.send('POST', '/customers', {
        external_id: crypto.randomUUID(),
        name: 'C',
      });
      if (status !== 201) throw new Error(JSON.stringify(body));
      return true;
    });
  });
});

import { NOT_IMPLEMENTED } from '../../src/app/not-implemented.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { addressOf, OPERATIONS, servedRoutes, type Route } from './declared.js';

const BASES = ['/v1', '/api/v1'];
/** Parameters whose values callers choose, event ids besides; all others are ids that we make. */
const CHOSEN_BY_CALLERS = ['external_id', 'provider', 'entity'];

const urlOf = (path: string): string => path.replace(/\{(\w+)\}/g, 'x_01K00000000000000000000000');

describe('what is declared and not built yet', () => {
  let server: TestApp;
  let served: Route[];
  beforeAll(async () => {
    server = await startTestApp();
    served = servedRoutes(server.app);
  });
  afterAll(async () => {
    await server.stop();
  });

  /** Asks each operation and answers what went wrong; six at a time, as connections are few. */
  async function ask(
    routes: readonly Route[],
    base: string,
    key: string | undefined,
    wrong: (answer: { status: number; body: any }, route: Route) => boolean,
  ): Promise<string[]> {
    const client = server.api.with({ base, key });
    const found: string[] = [];
    const queue = [...routes];
    const worker = async (): Promise<void> => {
      for (let route = queue.pop(); route !== undefined; route = queue.pop()) {
        const body = route.method === 'GET' ? undefined : {};
        const answer = await client.send(route.method, urlOf(route.path), body);
        if (wrong(answer, route))
          found.push(`${route.method} ${base}${route.path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
    };
    await Promise.all(Array.from({ length: 6 }, worker));
    return found;
  }

  it.each(BASES)('answers 501 in the envelope under %s', async (base) => {
    const wrong = await ask(
      NOT_IMPLEMENTED,
      base,
      server.tenant.apiKey,
      ({ status, body }, route) =>
        status !== 501 ||
        body.code !== 'not_implemented' ||
        body.http_status_code !== 501 ||
        body.success !== false ||
        body.error.internal_error !== null ||
        body.error.message !== body.message ||
        !body.message.includes((route as { operation?: string }).operation) ||
        body.details.path !== route.path,
    );
    expect(wrong).toEqual([]);
  });

  it.each(BASES)('asks for a key first under %s', async (base) => {
    const wrong = await ask(
      NOT_IMPLEMENTED,
      base,
      undefined,
      ({ status, body }) => status !== 401 || body.error.code !== 'unauthorized',
    );
    expect(wrong).toEqual([]);
  });

  it('leaves nothing out: every declared operation is served or in the table, and never in both', () => {
    const isServed = new Set(served.map(addressOf));
    const inTable = NOT_IMPLEMENTED.map(addressOf);
    expect(inTable.filter((address) => isServed.has(address))).toEqual([]);
    const known = new Set([...isServed, ...inTable]);
    expect(OPERATIONS.map(addressOf).filter((address) => !known.has(address))).toEqual([]);
    const declared = new Set(OPERATIONS.map(addressOf));
    expect(inTable.filter((address) => !declared.has(address))).toEqual([]);
    expect(new Set(inTable).size).toBe(inTable.length);
  });

  it('takes no request from a route that is served', async () => {
    const wrong = await ask(
      served,
      '/v1',
      server.tenant.apiKey,
      ({ body }) => body.details?.operation !== undefined,
    );
    expect(wrong).toEqual([]);
  });

  it('reserves no value that callers may choose', () => {
    const taken = served.flatMap((route) =>
      NOT_IMPLEMENTED.filter((one) => wins(one, route)).map(
        (one) => `${one.method} ${one.path} takes ${route.path}`,
      ),
    );
    expect(taken).toEqual([]);
  });

  it.each([
    ['GET', '/customers/usage', 400],
    ['GET', '/customers/wallets', 400],
    ['GET', '/customers/cust_01K00000000000000000000000', 404],
    ['GET', '/customers/external/usage', 404],
    ['GET', '/customers/external/wallets', 404],
    ['GET', '/prices/units', 501],
    ['GET', '/prices/price_01K00000000000000000000000', 404],
    ['GET', '/subscriptions/schedules/sched_01K00000000000000000000000', 404],
    ['POST', '/subscriptions/subs_1/modify/preview', 501],
    ['GET', '/subscriptions/subs_01K00000000000000000000000', 404],
    ['GET', '/tenants/billing', 501],
    ['GET', '/events/lookup', 400],
    ['GET', '/never/declared', 404],
    ['HEAD', '/forex/fx_1', 501],
  ])('%s %s answers %i', async (method, path, status) => {
    expect((await server.api.send(method, path)).status).toBe(status);
  });

  it('stays out of the OpenAPI document', () => {
    expect(served.map(addressOf)).toContain('GET /customers/{}');
    expect(served.map(addressOf)).not.toContain('GET /tenants/billing');
  });
});

/** Whether a fixed word of a table entry can be what a caller has put in the place of a served parameter. */
function wins(entry: Route, route: Route): boolean {
  const theirs = entry.path.split('/');
  const ours = route.path.split('/');
  if (entry.method !== route.method || theirs.length !== ours.length) return false;
  const isParameter = (segment: string | undefined): boolean => segment?.startsWith('{') === true;
  const overlap = ours.every((own, i) => own === theirs[i] || isParameter(own) || isParameter(theirs[i]));
  // The router takes the fixed word at the first place where only one of the two has one.
  const decided = ours.findIndex((own, i) => isParameter(own) !== isParameter(theirs[i]));
  return overlap && decided >= 0 && isParameter(ours[decided]) && isChosenByCallers(route, decided);
}

function isChosenByCallers(route: Route, index: number): boolean {
  const name = route.path.split('/')[index]?.replace(/[{}]/g, '') ?? '';
  return CHOSEN_BY_CALLERS.includes(name) || (name === 'id' && route.path.startsWith('/events/'));
}

import type { Caller } from '../../src/platform/context.js';
import { namedStatement } from '../../src/platform/database/prepared.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** A request with a key, as the unit of work sees it: one transaction, whatever its handler asks for. */
describe('a whole request', () => {
  let server: TestApp;
  let uow: UnitOfWork;
  let caller: Caller;
  let names = 0;
  beforeAll(async () => {
    server = await startTestApp({ worker: { enabled: false } });
    uow = server.app.get(UnitOfWork, { strict: false });
    const { tenantId, environmentId } = server.tenant;
    caller = { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
  });
  afterAll(async () => {
    await server.stop();
  });

  const newName = (): string => `whole-${++names}`;
  const make = (by: Caller, name: string): Promise<unknown> =>
    uow.run(by, (ctx) =>
      ctx.em.query(
        `INSERT INTO groups (id, tenant_id, environment_id, name, lookup_key, entity_type, created_at, updated_at, created_by, updated_by)
         VALUES ($1, $2, $3, $1, $1, 'price', now(), now(), 'test', 'test')`,
        [name, ctx.scope.tenantId, ctx.scope.environmentId],
      ),
    );
  const made = async (...ids: string[]): Promise<number> =>
    (await server.database.query('SELECT id FROM groups WHERE id = ANY($1)', [ids])).length;
  const transactionOf = (by: Caller): Promise<string> =>
    uow.run(by, async (ctx) => {
      const [row] = await ctx.em.query<{ id: string }[]>('SELECT pg_current_xact_id()::text AS id');
      return row!.id;
    });

  it('is one transaction of all its units of work, at one instant, and readings see what they have written', async () => {
    const [one, two] = [newName(), newName()];
    const told: string[] = [];
    const instants = new Set<number>();
    await uow.whole(caller, async (within) => {
      await make(within, one);
      await uow.run(within, (inner) => {
        inner.afterCommit(() => told.push('committed'));
        instants.add(inner.now.getTime());
        return Promise.resolve();
      });
      const seen = await uow.read(within, async ({ em, now }) => {
        instants.add(now.getTime());
        return em.query<unknown[]>('SELECT id FROM groups WHERE id = $1', [one]);
      });
      expect([seen.length, instants.size]).toEqual([1, 1]);
      expect([await made(one), told]).toEqual([0, []]);
      expect(await transactionOf(within)).toBe(await transactionOf(within));
      await make(within, two);
      return { value: undefined };
    });
    expect([await made(one, two), told]).toEqual([2, ['committed']]);
  });

  it('begins with its first part, several at once too; without any it is the statement of its commit, or nothing', async () => {
    const ids = [newName(), newName()];
    const both = await uow.whole(caller, async (within) => ({
      value: await Promise.all([
        transactionOf(within),
        transactionOf(within),
        ...ids.map((id) => make(within, id)),
      ]),
    }));
    expect([both[0] === both[1], await made(...ids)]).toEqual([true, 2]);
    await expect(uow.whole(caller, () => Promise.resolve({ value: 'nothing' }))).resolves.toBe('nothing');
    const { environmentId, tenantId } = caller.scope;
    const clock = 'UPDATE environment_clocks SET offset_ms = 1 WHERE environment_id = $1 AND tenant_id = $2';
    await uow.whole(caller, () =>
      Promise.resolve({ value: undefined, last: namedStatement(clock, [environmentId, tenantId]) }),
    );
    expect(await server.database.query('SELECT offset_ms FROM environment_clocks')).toEqual([
      { offset_ms: '1' },
    ]);
  });

  it('leaves nothing when a part fails, even if that is taken for less', async () => {
    const name = newName();
    const whole = uow.whole(caller, async (within) => {
      await make(within, name);
      await uow.run(within, () => Promise.reject(new Error('refused'))).catch(() => undefined);
      return { value: 'done' };
    });
    await expect(whole).rejects.toThrow('a part of it has failed');
    expect(await made(name)).toBe(0);
  });

  it('leaves nothing when the statement that goes with its commit fails', async () => {
    const name = newName();
    const last = (id: string) =>
      namedStatement('INSERT INTO environment_clocks (environment_id, tenant_id) VALUES ($1, $1)', [id]);
    const whole = (id: string): Promise<unknown> =>
      uow.whole(caller, async (within) => {
        await make(within, name);
        return { value: undefined, last: last(id) };
      });
    await expect(whole('of_somebody_else')).rejects.toThrow(/row-level security/);
    expect(await made(name)).toBe(0);
    // The connection is as good as before.
    expect(await transactionOf(caller)).not.toBe(await transactionOf(caller));
  });

  it('runs again, all of it, when the database could not let it pass', async () => {
    const name = newName();
    let runs = 0;
    await uow.whole(caller, async (within) => {
      runs += 1;
      await make(within, name);
      if (runs === 1) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
      return { value: undefined };
    });
    expect([runs, await made(name)]).toEqual([2, 1]);
  });

  it('is over when it is over: what is asked for with its caller later is a transaction of its own', async () => {
    const name = newName();
    let kept: Caller | undefined;
    await uow.whole(caller, (within) => {
      kept = within;
      return Promise.resolve({ value: undefined });
    });
    await make(kept!, name);
    expect(await made(name)).toBe(1);
  });
});

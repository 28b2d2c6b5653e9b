import { DataSource } from 'typeorm';
import { ENTITIES } from '../../src/entities.js';
import { WallClock } from '../../src/platform/time/clock.js';
import type { Caller, Ctx } from '../../src/platform/context.js';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { queryPlannedOnce, queryPrepared } from '../../src/platform/database/prepared.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Statements that are asked without waiting are pipelined, and are answered each for itself. */
describe('statements that are asked together', () => {
  let server: TestApp;
  let uow: UnitOfWork;
  let caller: Caller;
  beforeAll(async () => {
    server = await startTestApp({ worker: { enabled: false } });
    uow = server.app.get(UnitOfWork, { strict: false });
    // Live: its clock cannot be moved, so that not even the beginning of a unit of work is waited for.
    const { tenant } = await server.anotherTenant('live');
    const { tenantId, environmentId } = tenant;
    caller = { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
  });
  afterAll(async () => {
    await server.stop();
  });

  const half = (ctx: Ctx, of: number): Promise<{ half: number }[]> =>
    queryPrepared(ctx.em, 'SELECT 100 / $1::int AS half', [of]);
  const scope = (ctx: Ctx): Promise<{ role: string; environment: string }[]> =>
    queryPlannedOnce(ctx.em, 'SELECT current_user AS role, billing.current_environment() AS environment', []);

  it('are each answered, in the scope of their unit of work', async () => {
    for (let turn = 0; turn < 3; turn++) {
      const answers = await uow.run(caller, (ctx) =>
        Promise.all([half(ctx, 2), scope(ctx), half(ctx, 5), ctx.em.query('SELECT 7 AS seven')]),
      );
      expect(answers).toEqual([
        [{ half: 50 }],
        [{ role: 'flexprice_app', environment: caller.scope.environmentId }],
        [{ half: 20 }],
        [{ seven: 7 }],
      ]);
    }
  });

  it('fail behind the one that fails, and can be asked again', async () => {
    const failing = uow.run(caller, (ctx) =>
      Promise.allSettled([
        queryPrepared(ctx.em, 'SELECT 1 AS never_asked_before', []),
        half(ctx, 0),
        queryPrepared(ctx.em, 'SELECT 2 AS nor_this', []),
      ]).then((outcomes) => outcomes.map(({ status }) => status)),
    );
    expect(await failing).toEqual(['fulfilled', 'rejected', 'rejected']);
    const again = await uow.run(caller, (ctx) =>
      Promise.all([
        queryPrepared(ctx.em, 'SELECT 2 AS nor_this', []),
        half(ctx, 4),
        queryPrepared(ctx.em, 'SELECT 1 AS never_asked_before', []),
      ]),
    );
    expect(again).toEqual([[{ nor_this: 2 }], [{ half: 25 }], [{ never_asked_before: 1 }]]);
  });

  it('leave nothing of a unit of work that has failed', async () => {
    const id = 'together';
    const insert = (ctx: Ctx): Promise<unknown> =>
      ctx.em.query(`INSERT INTO usage_series VALUES ($1, $2, $3, 'n', 'SUM', 'f', '[]')`, [
        ctx.scope.tenantId,
        ctx.scope.environmentId,
        id,
      ]);
    const failing = uow.run(caller, async (ctx) => {
      await insert(ctx);
      await half(ctx, 0);
    });
    await expect(failing).rejects.toThrow('division by zero');
    const left = await uow.run(caller, (ctx) =>
      queryPrepared(ctx.em, 'SELECT id FROM usage_series WHERE id = $1', [id]),
    );
    expect(left).toEqual([]);
  });

  it('are not answered with the answers of others where one has a value that cannot be sent', async () => {
    const circular: Record<string, unknown> = {};
    circular.itself = circular;
    const ask = (ctx: Ctx, value: unknown): Promise<object[]> =>
      queryPrepared(ctx.em, 'SELECT $1::jsonb AS given', [value]);
    const failing = uow.run(caller, (ctx) =>
      Promise.allSettled([half(ctx, 2), ask(ctx, circular), half(ctx, 5)]).then((all) =>
        all.map(({ status }) => status),
      ),
    );
    expect(await failing).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const again = uow.run(caller, (ctx) => Promise.all([half(ctx, 2), ask(ctx, { n: 1 }), half(ctx, 5)]));
    expect(await again).toEqual([[{ half: 50 }], [{ given: { n: 1 } }], [{ half: 20 }]]);
  });

  describe('where a unit of work only reads', () => {
    const began = (ctx: Ctx): Promise<{ at: string }[]> =>
      queryPrepared(ctx.em, 'SELECT now()::text AS at', []);
    const asTypeorm = (ctx: Ctx): Promise<unknown> =>
      ctx.em.query('SELECT current_user AS role, billing.current_environment() AS environment');
    const scopeOf = (): object[] => [{ role: 'flexprice_app', environment: caller.scope.environmentId }];
    const write = (ctx: Ctx): Promise<unknown> =>
      queryPrepared(ctx.em, `UPDATE environments SET name = 'written' RETURNING id`, []);

    it('are all in its scope, however they are asked and after what', async () => {
      const answers = await uow.read(caller, async (ctx) => [
        ...(await Promise.all([half(ctx, 2), scope(ctx), asTypeorm(ctx)])),
        await asTypeorm(ctx),
        await queryPrepared(
          ctx.em,
          'SELECT current_user AS role, billing.current_environment() AS environment',
          [],
        ),
        await Promise.all([scope(ctx), half(ctx, 5)]),
      ]);
      const own = scopeOf();
      expect(answers).toEqual([[{ half: 50 }], own, own, own, own, [own, [{ half: 20 }]]]);
    });

    it('cannot write, in any of its questions', async () => {
      const refused = 'cannot execute UPDATE in a read-only transaction';
      await expect(uow.read(caller, write)).rejects.toThrow(refused);
      await expect(uow.read(caller, async (ctx) => [await began(ctx), await write(ctx)])).rejects.toThrow(
        refused,
      );
      await expect(uow.read(caller, async (ctx) => [await asTypeorm(ctx), await write(ctx)])).rejects.toThrow(
        refused,
      );
      await expect(
        uow.read(caller, (ctx) => ctx.em.query(`UPDATE environments SET name = 'written'`)),
      ).rejects.toThrow(refused);
    });

    it('leave the connection as it was, whether they are answered or fail', async () => {
      const left = (): Promise<object[]> =>
        uow.callFunction(
          `SELECT current_user <> 'flexprice_app' AS is_ours, current_setting('transaction_read_only') AS reading,
                  current_setting('plan_cache_mode') AS plans, current_setting('app.environment_id', true) AS environment,
                  pg_current_xact_id_if_assigned() AS transaction`,
          [],
        );
      const free = [{ is_ours: true, reading: 'off', plans: 'auto', environment: '', transaction: null }];
      await uow.read(caller, scope);
      expect(await left()).toEqual(free);
      await expect(uow.read(caller, (ctx) => half(ctx, 0))).rejects.toThrow('division by zero');
      expect(await left()).toEqual(free);
      const afterOne = uow.read(caller, async (ctx) => [await asTypeorm(ctx), await half(ctx, 0)]);
      await expect(afterOne).rejects.toThrow('division by zero');
      expect(await left()).toEqual(free);
      await expect(
        uow.read(caller, async (ctx) => {
          await scope(ctx);
          throw new Error('of its own');
        }),
      ).rejects.toThrow('of its own');
      expect(await left()).toEqual(free);
    });
  });

  describe('where a reading has failed and its connection is somebody else’s', () => {
    let source: DataSource;
    let alone: UnitOfWork;
    let other: Caller;
    beforeAll(async () => {
      source = await new DataSource(
        dataSourceOptions({ url: server.database.url, poolSize: 1 }, ENTITIES, []),
      ).initialize();
      alone = new UnitOfWork(source, server.app.get(WallClock, { strict: false }));
      const { tenant } = await server.anotherTenant('live');
      const { tenantId, environmentId } = tenant;
      other = { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
      for (const one of [caller, other]) await alone.read(one, scope);
    });
    afterAll(async () => {
      await source.destroy();
    });

    const reading = (ctx: Ctx): Promise<{ environment: string; only: string }[]> =>
      queryPrepared(
        ctx.em,
        `SELECT billing.current_environment() AS environment, current_setting('transaction_read_only') AS only`,
        [],
      );
    const own = (): object[] => [{ environment: other.scope.environmentId, only: 'off' }];
    const twice = async (ctx: Ctx): Promise<unknown> => [await reading(ctx), await reading(ctx)];
    const fails = (): Promise<never> => Promise.reject(new Error('of its own'));

    it('what was asked beside the failure does not bring its scope along', async () => {
      const failing = alone.read(caller, (ctx) => Promise.all([reading(ctx), fails()]));
      const next = alone.run(other, twice);
      await expect(failing).rejects.toThrow('of its own');
      expect(await next).toEqual([own(), own()]);
    });

    it('what is asked later fails, and changes nothing for who has it', async () => {
      let askLate = (): void => undefined;
      const isLate = new Promise<void>((resolve) => (askLate = resolve));
      let late: Promise<unknown> | undefined;
      const failing = alone.read(caller, (ctx) => {
        const branch = reading(ctx)
          .then(() => isLate)
          .then(() => reading(ctx));
        late = branch.catch((error: unknown) => error);
        return Promise.all([branch, reading(ctx).then(fails)]);
      });
      const next = alone.run(other, async (ctx) => {
        const before = await reading(ctx);
        askLate();
        return [before, await late, await reading(ctx)];
      });
      await expect(failing).rejects.toThrow('of its own');
      expect(await next).toEqual([own(), new Error('asked after the unit of work was over'), own()]);
    });

    it('a statement that it was the first to ask is read again for the next one', async () => {
      const first = (ctx: Ctx): Promise<object[]> =>
        queryPrepared(ctx.em, 'SELECT 1 AS first_asked_in_vain', []);
      const failing = alone.read(caller, (ctx) => Promise.all([half(ctx, 0), first(ctx), fails()]));
      const sent = alone.read(caller, async (ctx) => {
        const asked = Promise.allSettled([half(ctx, 0), first(ctx)]);
        await new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)));
        void asked;
        throw new Error('of its own');
      });
      const next = alone.run(other, first);
      await expect(failing).rejects.toThrow('of its own');
      await expect(sent).rejects.toThrow('of its own');
      expect(await next).toEqual([{ first_asked_in_vain: 1 }]);
    });
  });
});

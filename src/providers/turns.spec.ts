import { Turns } from './turns.js';

const timesOf = async (turns: Turns, keys: readonly string[], perSecond: number): Promise<number[]> => {
  const started = performance.now();
  return Promise.all(
    keys.map(async (key) => {
      await turns.take(key, perSecond);
      return performance.now() - started;
    }),
  );
};

describe('turns', () => {
  it('keep calls of one connection apart, and those of another one out of it', async () => {
    const times = await timesOf(new Turns(() => new Date()), ['a', 'a', 'b', 'a'], 20);
    expect(times[0]).toBeLessThan(45);
    expect(times[2]).toBeLessThan(45);
    expect(times[1]).toBeGreaterThanOrEqual(45);
    expect(times[3]).toBeGreaterThanOrEqual(95);
  });

  it('wait for whoever was told to come back later', async () => {
    const turns = new Turns(() => new Date());
    turns.hold('a', 60);
    const [held, free] = await timesOf(turns, ['a', 'b'], 1000);
    expect(held).toBeGreaterThanOrEqual(55);
    expect(free).toBeLessThan(55);
  });

  it('that were waited for already are put off as well', async () => {
    const turns = new Turns(() => new Date());
    const waiting = timesOf(turns, ['a', 'a'], 20);
    turns.hold('a', 200);
    expect((await waiting)[1]).toBeGreaterThanOrEqual(195);
  });

  it('save nothing up: who was silent for long has one turn at once, not many', async () => {
    let now = 0;
    const turns = new Turns(() => new Date(now));
    await turns.take('a', 20);
    now = 60_000;
    const times = await timesOf(turns, ['a', 'a'], 20);
    expect(times[1]).toBeGreaterThanOrEqual(45);
  });
});

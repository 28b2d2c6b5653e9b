import { RefreshAheadCache, type Found } from './refresh-ahead-cache.js';

/** A database that answers when it is told to. */
function played() {
  let now = 1_000_000;
  const clock = { now: () => new Date(now) };
  const lookups = new RefreshAheadCache<string>(clock, { believedMs: 1000, most: 2 });
  const answers: { resolve: (found: Found<string> | undefined) => void; reject: (error: Error) => void }[] =
    [];
  const look = (): Promise<Found<string> | undefined> =>
    new Promise((resolve, reject) => {
      answers.push({ resolve, reject });
    });
  return { lookups, answers, look, pass: (ms: number) => (now += ms), now: () => now };
}

describe('what is looked up for many', () => {
  it('is believed for its time and not a moment longer', async () => {
    const { lookups, answers, look, pass } = played();
    expect(lookups.known('k', look)).toBeUndefined();
    const first = lookups.look('k', look);
    pass(100);
    answers[0]!.resolve({ value: 'v' });
    expect(await first).toBe('v');
    expect(lookups.known('k', look)).toBe('v');
    // From when it was asked, not from when it was answered.
    pass(899);
    expect(lookups.known('k', look)).toBe('v');
    pass(1);
    expect(lookups.known('k', look)).toBeUndefined();
  });

  it('is not believed beyond the time that it names itself', async () => {
    const { lookups, answers, look, pass, now } = played();
    const first = lookups.look('k', look);
    answers[0]!.resolve({ value: 'v', until: now() + 10 });
    await first;
    pass(9);
    expect(lookups.known('k', look)).toBe('v');
    pass(1);
    expect(lookups.known('k', look)).toBeUndefined();
  });

  it('is renewed by one of them before its time is over, and nobody waits', async () => {
    const { lookups, answers, look, pass } = played();
    const first = lookups.look('k', look);
    answers[0]!.resolve({ value: 'old' });
    await first;
    pass(499);
    lookups.known('k', look);
    expect(answers).toHaveLength(1);
    pass(1);
    for (let n = 0; n < 50; n++) expect(lookups.known('k', look)).toBe('old');
    expect(answers).toHaveLength(2);
    const renewal = lookups.underWay('k');
    answers[1]!.resolve({ value: 'new' });
    await renewal;
    expect(lookups.underWay('k')).toBeUndefined();
    expect(lookups.known('k', look)).toBe('new');
    pass(999);
    expect(lookups.known('k', look)).toBe('new');
  });

  it('a renewal that finds nothing ends it; one that fails leaves it until its time is over', async () => {
    const { lookups, answers, look, pass } = played();
    for (const key of ['gone', 'failed']) {
      const first = lookups.look(key, look);
      answers.at(-1)!.resolve({ value: key });
      await first;
    }
    pass(600);
    lookups.known('gone', look);
    const gone = lookups.underWay('gone');
    answers.at(-1)!.resolve(undefined);
    expect(await gone).toBeUndefined();
    expect(lookups.known('gone', look)).toBeUndefined();
    lookups.known('failed', look);
    const failed = lookups.underWay('failed');
    answers.at(-1)!.reject(new Error('the database is away'));
    await expect(failed).rejects.toThrow('away');
    expect(lookups.known('failed', look)).toBe('failed');
    pass(400);
    expect(lookups.known('failed', look)).toBeUndefined();
    await expect(lookups.look('failed', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  });

  it('what is forgotten is not remembered by a look that had begun before', async () => {
    const { lookups, answers, look } = played();
    const first = lookups.look('k', look);
    lookups.forget((value) => value === 'v');
    expect(lookups.underWay('k')).toBeUndefined();
    answers[0]!.resolve({ value: 'v' });
    expect(await first).toBe('v');
    expect(lookups.known('k', look)).toBeUndefined();
    const again = lookups.look('k', look);
    answers[1]!.resolve({ value: 'v' });
    await again;
    lookups.forget((value) => value === 'other');
    expect(lookups.known('k', look)).toBe('v');
    lookups.forget((value) => value === 'v');
    expect(lookups.known('k', look)).toBeUndefined();
  });

  it('of two looks the later one counts, whichever is answered last', async () => {
    const { lookups, answers, look } = played();
    const earlier = lookups.look('k', look);
    const later = lookups.look('k', look);
    answers[1]!.resolve({ value: 'new' });
    await later;
    answers[0]!.resolve({ value: 'old' });
    expect(await earlier).toBe('old');
    expect(lookups.known('k', look)).toBe('new');
  });

  it('remembers no more than it may', async () => {
    const { lookups, answers, look } = played();
    for (const key of ['a', 'b', 'c']) {
      const found = lookups.look(key, look);
      answers.at(-1)!.resolve({ value: key });
      await found;
    }
    expect(['a', 'b', 'c'].map((key) => lookups.known(key, look))).toEqual([undefined, 'b', 'c']);
  });
});

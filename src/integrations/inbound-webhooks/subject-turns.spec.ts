import { SubjectTurns, type Turn } from './subject-turns.js';

/** Work that ends when it is told to. */
function work(): { run: () => Promise<Turn<string>>; end: (settled: string[]) => void; begun: () => number } {
  let begun = 0;
  let end: (settled: string[]) => void = () => undefined;
  const ended = new Promise<Turn<string>>((resolve) => {
    end = (settled) => {
      resolve({ outcome: 'worked', settled });
    };
  });
  return {
    run: () => {
      begun += 1;
      return ended;
    },
    end: (settled) => {
      end(settled);
    },
    begun: () => begun,
  };
}

test('what another turn has settled is not done again, what it has not is, with what is known anew', async () => {
  const turns = new SubjectTurns();
  const [first, second, third] = [work(), work(), work()];
  const one = turns.take('invoice', 'a', first.run);
  const two = turns.take('invoice', 'b', second.run);
  const waited: boolean[] = [];
  const three = turns.take('invoice', 'c', (hasWaited) => {
    waited.push(hasWaited);
    return third.run();
  });
  first.end(['a', 'b']);
  third.end(['c']);
  expect(await Promise.all([one, two, three])).toEqual(['worked', undefined, 'worked']);
  expect([first.begun(), second.begun(), third.begun()]).toEqual([1, 0, 1]);
  expect(waited).toEqual([true]);
});

test('those who wait take turns, also when one fails', async () => {
  const turns = new SubjectTurns();
  let atWork = 0;
  const ids = ['a', 'b', 'c', 'd'];
  const one = (id: string): Promise<string | undefined> =>
    turns.take('invoice', id, async () => {
      atWork += 1;
      expect(atWork).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      atWork -= 1;
      if (id === 'b') throw new Error('no answer');
      return { outcome: id, settled: [id] };
    });
  expect(await Promise.allSettled(ids.map(one))).toMatchObject([
    { value: 'a' },
    { reason: new Error('no answer') },
    { value: 'c' },
    { value: 'd' },
  ]);
});

test('another object does not wait', async () => {
  const turns = new SubjectTurns();
  const slow = work();
  const waiting = turns.take('invoice', 'a', slow.run);
  expect(await turns.take('customer', 'b', () => Promise.resolve({ outcome: 'at once', settled: [] }))).toBe(
    'at once',
  );
  slow.end([]);
  await waiting;
});

import { uncaughtHandler } from './uncaught.js';

test('what nobody has caught is logged, and the process goes on; again and again it stops', () => {
  let now = 0;
  const lines: Record<string, unknown>[] = [];
  let givenUp = 0;
  const handle = uncaughtHandler(
    { log: (line) => lines.push(line as Record<string, unknown>), giveUp: () => (givenUp += 1) },
    () => now,
  );
  handle('rejection', 'only a word');
  expect(lines).toEqual([{ event: 'uncaught_rejection', level: 'fatal', err: { type: 'string' } }]);
  for (let i = 0; i < 30; i++) {
    now += 7_000; // nine in a minute
    handle('exception', new TypeError('of some library'));
  }
  expect(lines.at(-1)).toMatchObject({
    event: 'uncaught_exception',
    err: { type: 'TypeError', message: 'of some library' },
  });
  expect(givenUp).toBe(0);
  for (let i = 0; i < 11; i++) handle('exception', new Error('again'));
  expect(givenUp).toBeGreaterThan(0);
});

import { RateLimiter } from './rate-limiter.js';

const at = (ms: number) => new Date(1_000_000 + ms);

describe('RateLimiter', () => {
  it('lets the limit through, then says how long to wait, then starts anew', () => {
    const limiter = new RateLimiter(2, 1000);
    expect([limiter.take('a', at(0)), limiter.take('a', at(100))]).toEqual([0, 0]);
    expect(limiter.take('a', at(400))).toBe(600);
    expect(limiter.take('a', at(1000))).toBe(0);
  });

  it('counts each key on its own', () => {
    const limiter = new RateLimiter(1, 1000);
    expect(limiter.take('a', at(0))).toBe(0);
    expect(limiter.take('b', at(0))).toBe(0);
    expect(limiter.take('a', at(0))).toBe(1000);
  });

  it('does not grow with the number of callers', () => {
    const limiter = new RateLimiter(1, 1000);
    for (let i = 0; i < 25_000; i++) limiter.take(String(i), at(0));
    expect((limiter as unknown as { windows: Map<string, unknown> }).windows.size).toBe(10_000);
  });
});

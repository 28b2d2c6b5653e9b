import { Patience } from './patience.js';

describe('patience', () => {
  let now = 0;
  const patience = (ms: number): Patience => new Patience(ms, () => now);
  beforeEach(() => {
    now = 0;
  });

  it('is spent once, however often somebody waits', () => {
    const one = patience(6_000);
    const first = one.begin();
    now += 6_000;
    expect(first.leftMs()).toBe(0);
    const second = one.begin();
    expect(second.leftMs()).toBe(250);
  });

  it('is not spent by what goes on soon', () => {
    const one = patience(6_000);
    for (let n = 0; n < 100; n += 1) {
      const stall = one.begin();
      now += 400;
      stall.goesOn();
    }
    expect(one.begin().leftMs()).toBe(6_000);
  });

  it('bug: is spent by a wait that is given up before its end, because the next try comes too late', () => {
    const one = patience(6_000);
    const first = one.begin();
    now += 4_000;
    expect(first.leftMs()).toBe(2_000);
    first.giveUp();
    expect(one.begin().leftMs()).toBe(2_000);
  });
});

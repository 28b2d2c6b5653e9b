import { makePeriod } from '../period.js';
import { hasWholeHourOffsets } from './whole-hours.js';

const year = makePeriod(new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z'));

describe('hours of a zone are those of UTC', () => {
  it.each([
    ['UTC', true],
    ['Europe/Berlin', true],
    ['America/New_York', true],
    ['Asia/Kolkata', false],
    ['Asia/Kathmandu', false],
  ])('in %s: %s', (zone, whole) => {
    expect(hasWholeHourOffsets(zone, year)).toBe(whole);
  });

  it('does not walk to the end of time', () => {
    const ever = makePeriod(new Date('1970-01-01T00:00:00Z'), new Date('9999-12-31T00:00:00Z'));
    const began = process.hrtime.bigint();
    expect(hasWholeHourOffsets('Europe/Madrid', ever)).toBe(true);
    expect(Number(process.hrtime.bigint() - began) / 1e9).toBeLessThan(2);
  });

  it('only while the offset lasts: Lord Howe moves its clocks by half an hour', () => {
    const winter = makePeriod(new Date('2026-05-01T00:00:00Z'), new Date('2026-06-01T00:00:00Z'));
    const summer = makePeriod(new Date('2026-01-01T00:00:00Z'), new Date('2026-02-01T00:00:00Z'));
    expect(hasWholeHourOffsets('Australia/Lord_Howe', winter)).toBe(false);
    expect(hasWholeHourOffsets('Australia/Lord_Howe', summer)).toBe(true);
    expect(hasWholeHourOffsets('Australia/Lord_Howe', year)).toBe(false);
  });
});

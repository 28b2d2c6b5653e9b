import fc from 'fast-check';
import { QUOTA_RESETS, type QuotaReset } from './entitlement-quota.js';
import { quotaWindowAt, totalEntitlement, type EntitlementPart } from './entitlement-summary.js';

const part = (more: Partial<EntitlementPart> = {}): EntitlementPart => ({
  isEnabled: true,
  limit: 10,
  isSoftLimit: false,
  reset: null,
  staticValue: null,
  configValue: null,
  ...more,
});

describe('totalEntitlement', () => {
  it('adds limits up, leaves disabled parts out, and is unlimited when one part is', () => {
    expect(totalEntitlement([part(), part({ limit: 5, isSoftLimit: true })])).toMatchObject({
      isEnabled: true,
      limit: 15,
      isSoftLimit: true,
      reset: null,
    });
    expect(totalEntitlement([part(), part({ limit: 5, isEnabled: false })]).limit).toBe(10);
    expect(totalEntitlement([part(), part({ limit: null })]).limit).toBeNull();
    expect(totalEntitlement([part({ isEnabled: false, limit: null })])).toMatchObject({
      isEnabled: false,
      limit: 0,
    });
  });

  it('names the reset that all parts share, and every value once', () => {
    expect(totalEntitlement([part({ reset: 'DAILY' }), part({ reset: 'DAILY' })]).reset).toBe('DAILY');
    expect(totalEntitlement([part({ reset: 'DAILY' }), part({ reset: 'ANNUAL' })])).toMatchObject({
      reset: null,
      hasOneReset: false,
    });
    expect(
      totalEntitlement([
        part({ staticValue: 'gold' }),
        part({ staticValue: 'gold' }),
        part({ staticValue: 'x' }),
      ]).staticValues,
    ).toEqual(['gold', 'x']);
  });

  it('does not depend on the order of its parts', () => {
    const parts = fc.array(
      fc.record({
        isEnabled: fc.boolean(),
        limit: fc.option(fc.nat(1000)),
        isSoftLimit: fc.boolean(),
        reset: fc.constantFrom<QuotaReset | null>(null, 'DAILY', 'MONTHLY'),
      }),
    );
    fc.assert(
      fc.property(parts, (some) => {
        const all = some.map((one) => part(one));
        expect(totalEntitlement([...all].reverse())).toEqual(totalEntitlement(all));
      }),
    );
  });
});

describe('quotaWindowAt', () => {
  const start = new Date('2025-01-31T10:00:00Z');
  const schedule = {
    interval: { unit: 'MONTHLY', count: 1 },
    cycle: 'anniversary',
    anchor: start,
    timeZone: 'UTC',
  } as const;

  it('holds the instant, begins in life and ends when the quota begins anew', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...QUOTA_RESETS),
        fc.date({ min: start, max: new Date('2035-01-01'), noInvalidDate: true }),
        (reset, instant) => {
          const window = quotaWindowAt(reset, schedule, { start, end: null }, instant);
          expect(window.start >= start && window.start <= instant).toBe(true);
          if (window.end === null) expect(reset).toBe('NEVER');
          else {
            expect(window.end > instant).toBe(true);
            expect(quotaWindowAt(reset, schedule, { start, end: null }, window.end).start).toEqual(
              window.end,
            );
          }
        },
      ),
    );
  });

  it.each([
    ['DAILY', '2025-03-05T00:00:00.000Z', '2025-03-06T00:00:00.000Z'],
    ['MONTHLY', '2025-02-28T10:00:00.000Z', '2025-03-31T10:00:00.000Z'],
    ['ANNUAL', '2025-01-31T10:00:00.000Z', '2026-01-31T10:00:00.000Z'],
  ] as const)('%s', (reset, from, to) => {
    const window = quotaWindowAt(reset, schedule, { start, end: null }, new Date('2025-03-05T12:00:00Z'));
    expect([window.start.toISOString(), window.end?.toISOString()]).toEqual([from, to]);
  });
});

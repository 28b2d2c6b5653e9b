import { BillingError } from '../domain/errors.js';
import { loggedError } from './logged-error.js';

const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

/** As `pg` throws it, and TypeORM around it. */
const refused = Object.assign(new Error('invalid input syntax for type integer: "SECRET"'), {
  ...{ code: '22P02', severity: 'ERROR', table: 'customers', constraint: 'c', routine: 'pg_strtoint32' },
  ...{ detail: 'SECRET', where: 'SECRET', hint: 'SECRET', parameters: ['SECRET'], query: 'SECRET' },
});

describe('an error in a log', () => {
  it('has the fields that say what failed, and none that hold what it failed with', () => {
    expect(loggedError(refused)).toEqual({
      type: 'Error',
      message: 'invalid input syntax for type integer: "…"',
      ...{ code: '22P02', severity: 'ERROR', table: 'customers', constraint: 'c', routine: 'pg_strtoint32' },
      stack: expect.stringMatching(/^ {4}at /),
    });
  });

  it.each([
    ['JSON', thrownBy(() => JSON.parse('{"a": SECRET}'))],
    ['a number', thrownBy(() => BigInt('SECRET'))],
    ['a property', thrownBy(() => Object.assign('SECRET', { 0: 1 }))],
    ['a time zone', thrownBy(() => new Intl.DateTimeFormat('en', { timeZone: 'SECRET' }))],
    ['a currency', thrownBy(() => new Intl.NumberFormat('en', { style: 'currency', currency: 'SECRET' }))],
    ['an address', thrownBy(() => new URL('SECRET'))],
    [
      'a sentence for a caller',
      new BillingError('not_found', 'customer SECRET not found', { details: { id: 'SECRET' } }),
    ],
    ['a message over several lines', new Error(`odd: SECRET\n    at SECRET (x:1:1)`)],
    ['a cause', new Error('outer', { cause: refused })],
    ['several', new AggregateError([refused, new SyntaxError('SECRET')], 'all: SECRET')],
    ['no error', 'SECRET'],
    ['no error either', { message: 'SECRET' }],
  ])('of %s tells no value', (_, error) => {
    expect(JSON.stringify(loggedError(error))).not.toContain('SECRET');
  });

  it('keeps what is of use: messages without values, codes, places', () => {
    const undefinedProperty = thrownBy(() => (undefined as unknown as { name: string }).name);
    expect(loggedError(undefinedProperty)).toMatchObject({
      type: 'TypeError',
      message: "Cannot read properties of undefined (reading 'name')",
    });
    const away = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), {
      ...{ code: 'ECONNREFUSED', syscall: 'connect', errno: -111 },
    });
    expect(loggedError(away)).toMatchObject({
      message: 'connect ECONNREFUSED 127.0.0.1:5432',
      code: 'ECONNREFUSED',
    });
    const missing = new BillingError('not_found', 'x', { code: 'feature_missing', cause: away });
    expect(loggedError(missing)).toMatchObject({
      code: 'feature_missing',
      kind: 'not_found',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('ends, where an error is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(loggedError(error)).length).toBeLessThan(20_000);
  });
});

import { formatId, ID_PREFIXES, isId, type IdKind } from './ids.js';

const ULID = '01JD3Q7Z4M8X9ABCDEFGHJKMNP';
const kinds = Object.keys(ID_PREFIXES) as IdKind[];

describe('ids', () => {
  it('have a prefix of their own each', () => {
    expect(new Set(Object.values(ID_PREFIXES)).size).toBe(kinds.length);
  });

  it.each(kinds)('of a %s are recognised as that and as nothing else', (kind) => {
    const id = formatId(kind, ULID);
    expect(kinds.filter((other) => isId(other, id))).toEqual([kind]);
  });

  it.each([
    'cust_',
    ULID,
    `cust-${ULID}`,
    `cust_${ULID}0`,
    `cust_${ULID.slice(1)}`,
    `cust_${ULID.toLowerCase()}`,
    `cust_8${ULID.slice(1)}`, // more than 128 bits
    `cust_${ULID.slice(0, -1)}I`,
    `cust_${ULID}\n`,
    ` cust_${ULID}`,
    undefined,
    null,
    7,
  ])('refuses %p', (value) => {
    expect(isId('customer', value)).toBe(false);
  });
});

import fc from 'fast-check';
import {
  allows,
  beyond,
  grantsOf,
  isGrant,
  makesKeys,
  PUBLISHABLE_GRANTS,
  ROLE_NAMES,
  ROLES,
  type Grant,
} from './grants.js';

const key = (more: object = {}) => grantsOf({ type: 'private_key', roles: [], permissions: [], ...more });

describe('what a key may do', () => {
  it('a private key without roles may do everything, as it always could', () => {
    expect(allows(key(), 'customers', 'write') && allows(key(), 'secrets', 'write')).toBe(true);
  });

  it('only an admin makes keys', () => {
    expect(ROLE_NAMES.filter((role) => makesKeys(ROLES[role]))).toEqual(['admin']);
    expect(makesKeys(key({ permissions: ['secrets:write'] }))).toBe(true);
    expect(makesKeys(PUBLISHABLE_GRANTS)).toBe(false);
  });

  it('a reader reads, an ingestor sends events, a publishable key sends events and reads the catalogue', () => {
    const reader = key({ roles: ['read'] });
    expect([allows(reader, 'invoices', 'read'), allows(reader, 'invoices', 'write')]).toEqual([true, false]);
    const ingestor = key({ roles: ['event_ingestor'] });
    expect([allows(ingestor, 'events', 'write'), allows(ingestor, 'events', 'read')]).toEqual([true, false]);
    const publishable = grantsOf({ type: 'publishable_key', roles: ['admin'], permissions: ['*:write'] });
    expect(publishable).toEqual(PUBLISHABLE_GRANTS);
    expect(allows(publishable, 'customers', 'read')).toBe(false);
  });

  it('permissions are single grants; what is no grant grants nothing', () => {
    const one = key({ permissions: ['invoices:read', 'nonsense', 'customers:delete'] });
    expect(one).toEqual(['invoices:read']);
    for (const wrong of ['', ':read', 'a', 'Customers:read', '*', 'a:b:read', 'customers:*'])
      expect(isGrant(wrong)).toBe(false);
  });

  it('law: whoever mints has what is minted, and never more', () => {
    const grant = fc.constantFrom<Grant>(
      '*:read',
      '*:write',
      'customers:read',
      'events:write',
      'secrets:write',
    );
    fc.assert(
      fc.property(
        fc.array(grant),
        fc.array(grant),
        fc.constantFrom('customers', 'events', 'secrets', 'plans'),
        (held, wanted, noun) => {
          const minted = wanted.filter((one) => !beyond(held, wanted).includes(one));
          for (const action of ['read', 'write'] as const)
            if (allows(minted, noun, action)) expect(allows(held, noun, action)).toBe(true);
          expect(beyond(held, held)).toEqual([]);
        },
      ),
    );
  });
});

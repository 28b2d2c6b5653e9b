import { readCredentials } from './credentials.js';
import type { CredentialField } from '../providers/provider-adapter.js';

const FIELDS = [
  { name: 'secret_key', label: 'secret key', secret: true, required: true, example: 'sk_test_…' },
  { name: 'publishable_key', label: 'publishable key', secret: false, required: false, example: 'pk_test_…' },
] as unknown as readonly CredentialField[];
const read = (metadata: Record<string, string>) =>
  readCredentials(FIELDS, 'stripe', { metadata: { secret_key: 'sk_test_1', ...metadata } });

describe('credentials of a connection', () => {
  it.each([
    ['restricted_key', 'rk_live_X'],
    ['webhookSecret', 'whsec_X'],
    ['apiKey', 'x'],
    ['access_token', 'x'],
    ['note', 'sk_live_abc'],
  ])('bug: a secret under a name that is no field stays in clear: %s', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(name);
  });

  it('other metadata is kept', () => {
    expect(read({ team: 'billing', monkey: 'banana', publishable_key: 'pk_test_1' })).toEqual({
      secrets: { secret_key: 'sk_test_1' },
      settings: { publishable_key: 'pk_test_1' },
      metadata: { team: 'billing', monkey: 'banana' },
    });
  });
});

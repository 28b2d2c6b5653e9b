import { randomBytes } from 'node:crypto';
import { SecretBox } from './secret-box.js';

const key = (id: string) => ({ id, key: randomBytes(32) });
const context = ['tenant_1', 'conn_1', 'secret_key'];

describe('SecretBox', () => {
  it('opens what it has sealed', () => {
    const box = new SecretBox([key('a')]);
    expect(box.open(box.seal('sk_test_ü', context), context)).toBe('sk_test_ü');
  });

  it('never seals the same secret to the same envelope', () => {
    const box = new SecretBox([key('a')]);
    expect(box.seal('x', context)).not.toBe(box.seal('x', context));
  });

  it('does not open an envelope that was copied to another field, connection or tenant', () => {
    const box = new SecretBox([key('a')]);
    const envelope = box.seal('x', context);
    for (const other of [
      ['tenant_2', 'conn_1', 'secret_key'],
      ['tenant_1', 'conn_2', 'secret_key'],
      ['tenant_1', 'conn_1', 'webhook_secret'],
      ['tenant_1conn_1', 'secret_key'],
    ])
      expect(() => box.open(envelope, other)).toThrow();
  });

  it('does not open an envelope with one changed byte', () => {
    const box = new SecretBox([key('a')]);
    const parts = box.seal('a longer secret', context).split('.');
    const bytes = Buffer.from(parts[3]!, 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      expect(() =>
        box.open([...parts.slice(0, 3), changed.toString('base64url')].join('.'), context),
      ).toThrow();
    }
  });

  it('opens old envelopes after a rotation and seals with the new key', () => {
    const old = key('2025');
    const envelope = new SecretBox([old]).seal('x', context);
    const rotated = new SecretBox([key('2026'), old]);
    expect(rotated.open(envelope, context)).toBe('x');
    expect(rotated.seal('y', context).split('.')[1]).toBe('2026');
    expect(() => new SecretBox([key('2026')]).open(envelope, context)).toThrow('no key 2025');
  });

  it('refuses keys that are not 32 bytes', () => {
    expect(() => new SecretBox([{ id: 'a', key: randomBytes(16) }])).toThrow('32 bytes');
    expect(() => new SecretBox([])).toThrow();
  });
});

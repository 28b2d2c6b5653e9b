import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export interface SecretKey {
  /** Written into each envelope, so that a key can be replaced while old envelopes still open. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** `v1.<key id>.<nonce>.<ciphertext and tag>`, base64url. */
export type SealedSecret = string;

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with a random nonce. The context (tenant, connection, field) is authenticated, so that an envelope
 * copied into another row does not open there.
 */
export class SecretBox {
  private readonly current: SecretKey;
  private readonly byId: ReadonlyMap<string, Buffer>;

  /** The first key seals; all of them open. */
  constructor(keys: readonly SecretKey[]) {
    const [current] = keys;
    if (current === undefined) throw new Error('a secret box needs a key');
    for (const { id, key } of keys) {
      if (!/^[A-Za-z0-9_-]{1,32}$/.test(id)) throw new Error(`malformed key id ${id}`);
      if (key.length !== 32) throw new Error(`key ${id} must have 32 bytes`);
    }
    this.current = current;
    this.byId = new Map(keys.map(({ id, key }) => [id, key]));
  }

  /** Id of the key that seals. */
  get newestKey(): string {
    return this.current.id;
  }

  get keyIds(): readonly string[] {
    return [...this.byId.keys()];
  }

  hasKey(id: string): boolean {
    return this.byId.has(id);
  }

  /** The same secret under the newest key; the envelope itself where that key has sealed it already. */
  reseal(envelope: SealedSecret, context: readonly string[]): SealedSecret {
    return keyOf(envelope) === this.current.id
      ? envelope
      : this.sealBytes(this.openBytes(envelope, context), context);
  }

  seal(plain: string, context: readonly string[]): SealedSecret {
    return this.sealBytes(Buffer.from(plain, 'utf8'), context);
  }

  sealBytes(plain: Uint8Array, context: readonly string[]): SealedSecret {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.current.key, nonce);
    cipher.setAAD(associatedData(context));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return [VERSION, this.current.id, nonce.toString('base64url'), sealed.toString('base64url')].join('.');
  }

  open(envelope: SealedSecret, context: readonly string[]): string {
    return this.openBytes(envelope, context).toString('utf8');
  }

  openBytes(envelope: SealedSecret, context: readonly string[]): Buffer {
    const [version, keyId, nonce, sealed] = envelope.split('.');
    if (version !== VERSION || !keyId || !nonce || !sealed) throw new Error('malformed secret envelope');
    const key = this.byId.get(keyId);
    if (key === undefined) throw new Error(`no key ${keyId} to open a secret with`);
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'));
    decipher.setAAD(associatedData(context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
  }
}

/** Id of the key that has sealed it. */
const keyOf = (envelope: SealedSecret): string => envelope.split('.')[1] ?? '';

/** Lengths are part of it, or ("ab","c") and ("a","bc") would be one context. */
const associatedData = (context: readonly string[]): Buffer => Buffer.from(JSON.stringify(context), 'utf8');

/** Injection token of the installation's box. */
export const SECRET_BOX = Symbol('SecretBox');

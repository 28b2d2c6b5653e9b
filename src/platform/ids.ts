import { createHash, randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import { formatId, type IdKind } from '../domain/ids.js';

/** Asked for by the thousand: the kernel's randomness for one number each time costs more than the id. */
const random = new Uint32Array(1024);
let used = random.length;

function nextRandom(): number {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  return (random[used++] as number) / 2 ** 32;
}

const nextUlid = monotonicFactory(nextRandom);

/** A fresh id; later ones of one process sort after earlier ones. */
export const newId = (kind: IdKind): string => formatId(kind, nextUlid());

const BASE_32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The same id each time for the same parts: of what is made again when an answer was lost. */
export function derivedId(kind: IdKind, parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  const letters = Array.from(digest.subarray(0, 26), (byte) => BASE_32[byte % 32]);
  // The first letter of 26 holds only three of 128 bits.
  return formatId(kind, `${(digest[26] as number) % 8}${letters.slice(1).join('')}`);
}

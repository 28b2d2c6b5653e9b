import { randomFillSync } from 'node:crypto';
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

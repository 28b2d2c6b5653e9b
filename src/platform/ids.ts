import { monotonicFactory } from 'ulid';
import { formatId, type IdKind } from '../domain/ids.js';

const nextUlid = monotonicFactory();

/** A fresh id; later ones of one process sort after earlier ones. */
export const newId = (kind: IdKind): string => formatId(kind, nextUlid());

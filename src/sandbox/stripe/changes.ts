import { formerValues } from '../core/json.js';
import { now, type Ctx } from './context.js';
import { emit } from './events.js';
import type { StripeObject } from './objects.js';
import type { Collection } from './store.js';

/** Puts a new object into the account and tells of it. */
export function create<T extends StripeObject>(
  ctx: Ctx,
  collection: Collection<T>,
  object: T,
  event?: string,
): T {
  collection.insert(object, now(ctx));
  if (event !== undefined) emit(ctx, event, object);
  return object;
}

/**
 * Changes an object in place and tells of it, with what it was before. Several events may tell of one change;
 * only `*.updated` carries former values. An update that changes nothing is not told, one that is refused half way
 * changes nothing.
 */
export function change<T extends StripeObject>(
  ctx: Ctx,
  collection: Collection<T>,
  object: T,
  mutate: (object: T) => void,
  ...events: string[]
): T {
  const before = structuredClone(object);
  try {
    mutate(object);
  } catch (error) {
    for (const field of Object.keys(object)) Reflect.deleteProperty(object, field);
    Object.assign(object, before);
    throw error;
  }
  collection.touch(object, now(ctx));
  const former = formerValues(before, object);
  for (const event of events) {
    if (!event.endsWith('.updated')) emit(ctx, event, object);
    else if (Object.keys(former).length > 0) emit(ctx, event, object, former);
  }
  return object;
}

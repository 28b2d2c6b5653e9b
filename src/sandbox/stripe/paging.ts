import type { Ctx } from './context.js';
import { invalid, noSuch } from './errors.js';
import type { List } from './objects.js';
import type { Params } from './params.js';

const LARGEST_PAGE = 100;

/** Invoice items call it `date`; lines have no time of their own. */
interface Item {
  readonly id: string;
  readonly created?: unknown;
  readonly date?: unknown;
}

function timeOf(item: Item): number | null {
  if (typeof item.created === 'number') return item.created;
  return typeof item.date === 'number' ? item.date : null;
}

/** One page of `objects`, which come in the order of the list (newest first, as a rule). */
export function listPage(
  ctx: Ctx,
  url: string,
  noun: string,
  objects: readonly Item[],
  params: Params,
): List {
  const limit = pageSize(params);
  const matching = createdWithin(objects, params);
  const after = params.string('starting_after');
  const before = params.string('ending_before');
  if (before !== undefined) {
    const end = position(ctx, matching, noun, before, 'ending_before');
    const start = Math.max(0, end - limit);
    return { object: 'list', data: matching.slice(start, end), has_more: start > 0, url };
  }
  const start = after === undefined ? 0 : position(ctx, matching, noun, after, 'starting_after') + 1;
  const data = matching.slice(start, start + limit);
  return { object: 'list', data, has_more: start + data.length < matching.length, url };
}

export function pageSize(params: Params): number {
  const limit = params.integer('limit') ?? 10;
  if (limit < 1 || limit > LARGEST_PAGE) {
    throw invalid(`This value must be between 1 and ${LARGEST_PAGE}.`, 'limit', 'parameter_invalid_integer');
  }
  return limit;
}

function position(ctx: Ctx, objects: readonly Item[], noun: string, id: string, param: string): number {
  const index = objects.findIndex((object) => object.id === id);
  if (index !== -1) return index;
  const known = ctx.account.find(id);
  if (known === undefined) throw noSuch(noun, id, param);
  // The cursor exists but the filters leave it out: go on where it would have stood.
  const stood = timeOf(known) ?? 0;
  const next = objects.findIndex((object) => (timeOf(object) ?? 0) <= stood);
  return (next === -1 ? objects.length : next) - (param === 'starting_after' ? 1 : 0);
}

function createdWithin(objects: readonly Item[], params: Params): Item[] {
  return objects.filter((object) => within(params, 'created', timeOf(object)));
}

/** A time filter: a number, or any of gt, gte, lt, lte. */
export function within(params: Params, name: string, value: number | null): boolean {
  if (!params.has(name)) return true;
  const range = params.object(name);
  if (value === null) return false;
  if (range === undefined) return value === params.integer(name);
  const { gt, gte, lt, lte } = {
    gt: range.integer('gt'),
    gte: range.integer('gte'),
    lt: range.integer('lt'),
    lte: range.integer('lte'),
  };
  return (
    (gt === undefined || value > gt) &&
    (gte === undefined || value >= gte) &&
    (lt === undefined || value < lt) &&
    (lte === undefined || value <= lte)
  );
}

import { text, type JsonObject } from '../core/json.js';
import { badRequest } from './errors.js';

const LARGEST_PAGE = 100;
const DEFAULT_PAGE = 20;

interface Item {
  readonly id: string;
  readonly createdAt: string;
}

/** A page of items in the order they come in, cut by cursors. */
export function pageOf<T extends Item>(
  items: readonly T[],
  params: JsonObject,
  show: (item: T) => unknown,
): object {
  const within = items.filter(({ createdAt }) => isWithin(createdAt, params));
  const after = indexOf(within, params.after);
  const before = indexOf(within, params.before);
  let start = after === undefined ? 0 : after + 1;
  let end = before ?? within.length;
  const first = sizeOf(params.first);
  const last = sizeOf(params.last);
  if (last !== undefined && first === undefined) start = Math.max(start, end - last);
  else end = Math.min(end, start + (first ?? DEFAULT_PAGE));
  const page = within.slice(start, end);
  return {
    data: page.map(show),
    page_info: {
      end_cursor: cursorOf(page.at(-1)),
      start_cursor: cursorOf(page[0]),
      has_next_page: end < within.length,
      has_previous_page: start > 0,
    },
  };
}

export function newestFirst<T>(items: Iterable<T>): T[] {
  return [...items].reverse();
}

/** A list filter that may be absent: `statuses[]=open&statuses[]=paid`. */
export function wanted(params: JsonObject, name: string): readonly unknown[] | undefined {
  const value = params[name];
  if (value === undefined || value === null || value === '') return undefined;
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function isWithin(createdAt: string, params: JsonObject): boolean {
  const at = Date.parse(createdAt);
  const after = timeOf(params.created_after, 'created_after');
  const before = timeOf(params.created_before, 'created_before');
  return (after === undefined || at > after) && (before === undefined || at < before);
}

function timeOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const time = Date.parse(text(value));
  if (Number.isNaN(time)) throw badRequest(`${name} is not a date`);
  return time;
}

function sizeOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const size = Number(value);
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_PAGE) {
    throw badRequest(`A page has 1 to ${LARGEST_PAGE} items`);
  }
  return size;
}

function cursorOf(item: Item | undefined): string | null {
  return item === undefined ? null : Buffer.from(item.id).toString('base64url');
}

function indexOf(items: readonly Item[], cursor: unknown): number | undefined {
  if (cursor === undefined || cursor === null || cursor === '') return undefined;
  const id = Buffer.from(text(cursor), 'base64url').toString('utf8');
  const index = items.findIndex((item) => item.id === id);
  if (index === -1) throw badRequest('The cursor is not one of this list');
  return index;
}

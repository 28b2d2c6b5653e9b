import { isObject, text } from '../core/json.js';
import { now, type Ctx } from './context.js';
import { invalid } from './errors.js';
import type { StripeObject } from './objects.js';
import { pageSize } from './paging.js';
import type { Params } from './params.js';
import type { Collection } from './store.js';

interface Clause {
  readonly field: string;
  readonly metadataKey: string | undefined;
  readonly negated: boolean;
  readonly operator: string;
  /** Null: the field is not there. */
  readonly value: string | null;
}

const CLAUSE =
  /^\s*(-)?(metadata\[(?:"([^"]*)"|'([^']*)')\]|[\w.]+)\s*(:|~|>=|<=|>|<)\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(null|-?\d+|true|false))/;

/** A search asks an index that lags behind: what changed in the last minute is not in it yet. */
export function searchPage(
  ctx: Ctx,
  url: string,
  collection: Collection<StripeObject>,
  params: Params,
): object {
  const { clauses, any } = parseQuery(params.require('query'));
  const until = now(ctx) - ctx.world.settings.searchLagSeconds;
  const found = collection.newestFirst().filter(({ id }) => {
    const indexed = collection.indexed(id, until);
    if (indexed === undefined) return false;
    return any
      ? clauses.some((clause) => matches(indexed, clause))
      : clauses.every((clause) => matches(indexed, clause));
  });
  const limit = pageSize(params);
  const start = Number(params.string('page') ?? 0);
  if (!Number.isInteger(start)) throw invalid('Invalid page', 'page');
  const data = found.slice(start, start + limit);
  const more = start + data.length < found.length;
  return {
    object: 'search_result',
    data,
    has_more: more,
    next_page: more ? String(start + limit) : null,
    url,
  };
}

function parseQuery(query: string): { clauses: Clause[]; any: boolean } {
  const clauses: Clause[] = [];
  const joints = new Set<string>();
  let rest = query;
  for (;;) {
    const match = CLAUSE.exec(rest);
    if (match === null) throw unreadable(query);
    const [whole, minus, field = '', doubleKey, singleKey, operator = ':', double, single, bare] = match;
    clauses.push({
      field: field.startsWith('metadata[') ? 'metadata' : field,
      metadataKey: doubleKey ?? singleKey,
      negated: minus !== undefined,
      operator,
      value: bare === 'null' ? null : (double ?? single ?? bare ?? '').replace(/\\(.)/g, '$1'),
    });
    rest = rest.slice(whole.length);
    if (rest.trim() === '') break;
    const joint = /^\s+(AND|OR|and|or)\s+/.exec(rest) ?? /^(\s+)/.exec(rest);
    if (joint === null) throw unreadable(query);
    const [separator, word = ''] = joint;
    joints.add(word.trim() === '' ? 'AND' : word.toUpperCase());
    rest = rest.slice(separator.length);
  }
  if (joints.size > 1) throw invalid('You cannot combine AND and OR in one query.', 'query');
  return { clauses, any: joints.has('OR') };
}

function unreadable(query: string): Error {
  return invalid(`We were unable to parse your search query: ${query}`, 'query');
}

function matches(object: StripeObject, clause: Clause): boolean {
  return holds(fieldOf(object, clause), clause) !== clause.negated;
}

function holds(actual: unknown, { operator, value }: Clause): boolean {
  if (value === null) return actual === undefined || actual === null;
  if (actual === undefined || actual === null) return false;
  if (operator === ':') return text(actual).toLowerCase() === value.toLowerCase();
  if (operator === '~') return text(actual).toLowerCase().includes(value.toLowerCase());
  const left = Number(actual);
  const right = Number(value);
  if (operator === '>') return left > right;
  if (operator === '<') return left < right;
  return operator === '>=' ? left >= right : left <= right;
}

function fieldOf(object: StripeObject, { field, metadataKey }: Clause): unknown {
  if (metadataKey !== undefined) return isObject(object.metadata) ? object.metadata[metadataKey] : undefined;
  let value: unknown = object;
  for (const part of field.split('.')) {
    if (!isObject(value)) return undefined;
    value = value[part];
  }
  return value;
}

import { ExactNumber } from '../../domain/exact-number.js';
import { isTooLong } from '../../domain/number-literal.js';
import { isStorableText } from '../../domain/text.js';
import { MOST_BODY_DEPTH, MOST_BODY_VALUES, MOST_CHARACTERS, MOST_ITEMS } from './bounds.js';

/** So many wrong places are named; whoever sends more has made one mistake many times. */
const MOST_ERRORS = 100;

/**
 * What no field of any request can take, by its place: text that cannot be stored, numbers that are none, lists and
 * objects that are too long or too deep to be read in the time of a request. Undefined when all can be looked at.
 */
export function inputErrors(input: object): Record<string, string> | undefined {
  const errors: Record<string, string> = {};
  let values = 0;
  let found = 0;
  const wrong = (path: string, sentence: string): void => {
    if (++found <= MOST_ERRORS) errors[path] = `${path} ${sentence}`;
  };
  const look = (value: unknown, path: string, depth: number): void => {
    if (++values > MOST_BODY_VALUES || found > MOST_ERRORS) return;
    if (typeof value === 'string') {
      if (!isStorableText(value)) wrong(path, 'holds a character that cannot be stored');
    } else if (typeof value === 'number') {
      // JSON has no infinity, but 1e999 is read as one.
      if (!Number.isFinite(value)) wrong(path, 'is a number that is too large');
    } else if (value instanceof ExactNumber) {
      if (isTooLong(value)) wrong(path, 'is a number that is too large');
    } else if (Array.isArray(value)) lookAtAll(value, path, depth);
    else if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value))
      for (const [key, inner] of depthOf(value, path, depth))
        if (isStorableText(key)) look(inner, path === '' ? named(key) : `${path}.${named(key)}`, depth - 1);
        else wrong(path === '' ? 'body' : path, 'holds a name that cannot be stored');
  };
  const lookAtAll = (list: readonly unknown[], path: string, depth: number): void => {
    if (list.length > MOST_ITEMS) wrong(path, `must not have more than ${MOST_ITEMS} items`);
    else for (const [index, inner] of depthOf(list, path, depth)) look(inner, `${path}[${index}]`, depth - 1);
  };
  const depthOf = (holder: object, path: string, depth: number): [string, unknown][] => {
    if (depth > 0) return Object.entries(holder);
    wrong(path, `must not be nested deeper than ${MOST_BODY_DEPTH} levels of the body`);
    return [];
  };
  look(input, '', MOST_BODY_DEPTH);
  if (values > MOST_BODY_VALUES) wrong('body', `must not hold more than ${MOST_BODY_VALUES} values`);
  return found === 0 ? undefined : errors;
}

const named = (key: string): string =>
  key.length > MOST_CHARACTERS ? `${key.slice(0, MOST_CHARACTERS)}…` : key;

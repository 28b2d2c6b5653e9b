import { validationError } from '../../domain/errors.js';

/** The relations of a comma list, checked against those that the route knows. */
export function parseExpand(expand: string | undefined, known: readonly string[]): ReadonlySet<string> {
  const wanted = (expand ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw validationError(`cannot expand ${unknown.join(', ')}: use one of ${known.join(', ')}`);
  return new Set(wanted);
}

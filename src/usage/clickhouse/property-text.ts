import { ExactNumber } from '../../domain/exact-number.js';
import { formatRate, Rate } from '../../domain/rate.js';

/**
 * A property as text, as both stores compare, filter and group by it: a string as it is, a number in plain notation, and
 * anything else in the one form that Postgres keeps JSON in, so that moving from one store to the other changes no
 * answer. Undefined: there is nothing (a missing or null property).
 */
export function propertyText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' ? value : jsonText(value);
}

/** Names in the order of their length, then of their bytes; a blank after each colon and comma. */
export function jsonText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  if (value instanceof ExactNumber) return value.text;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`;
  const members = Object.entries(value as Record<string, unknown>).map(([name, member]) => ({
    name: Buffer.from(name),
    member,
  }));
  members.sort((a, b) => a.name.length - b.name.length || a.name.compare(b.name));
  return `{${members.map(({ name, member }) => `${JSON.stringify(name.toString())}: ${jsonText(member)}`).join(', ')}}`;
}

/** In plain notation, which is JavaScript's own but for the largest and the smallest. */
function numberText(value: number): string {
  const text = String(value);
  return text.includes('e') ? formatRate(new Rate(text)) : text;
}

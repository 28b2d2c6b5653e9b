import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { shown } from './bounds.js';
import { rule } from './field-rule.js';

const FIRST = Date.UTC(1970, 0, 1);
/** Databases and JSON write later years in another form. */
const LAST = Date.UTC(10_000, 0, 1) - 1;
/**
 * A bound on what begins. It is not "so many years from now": the time of a test environment is its own, and may be decades
 * ahead. What a request walks through from there has bounds of its own.
 */
const LAST_BEGINNING = Date.UTC(2200, 0, 1) - 1;

export interface InstantBounds {
  /** Takes any later instant, up to the year 9999: for ends, which many write as 2099 or 9999, and for what lists are narrowed by. */
  readonly ever?: boolean;
}

/** RFC 3339 with a zone, read into a Date. From 1970 on, and at most in the year 2199. */
export function IsInstant({ ever = false }: InstantBounds = {}): PropertyDecorator {
  return applyDecorators(
    shown({
      type: 'string',
      format: 'date-time',
      maxLength: 40,
      'x-minimum': '1970-01-01T00:00:00Z',
      'x-maximum': ever ? '9999-12-31T23:59:59.999Z' : '2199-12-31T23:59:59.999Z',
    }),
    Transform(({ value }: { value: unknown }) => parseInstant(value) ?? value),
    rule(
      'isInstant',
      (value) =>
        value instanceof Date &&
        value.getTime() >= FIRST &&
        value.getTime() <= (ever ? LAST : LAST_BEGINNING),
      ({ property }) =>
        `${property} must be an RFC 3339 time with a zone, from 1970 to ${ever ? 9999 : 2199}`,
    ),
  );
}

/** An instant that a list may be narrowed by; undefined for anything else. */
export function readInstant(value: unknown): Date | undefined {
  const parsed = parseInstant(value);
  return parsed !== undefined && parsed.getTime() >= FIRST && parsed.getTime() <= LAST ? parsed : undefined;
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Undefined for anything that is not an instant: also for 30 February, which Date would move to March. */
export function parseInstant(value: unknown): Date | undefined {
  if (value instanceof Date) return value;
  if (typeof value !== 'string') return undefined;
  const match = RFC3339.exec(value);
  if (match === null) return undefined;
  const [, year, month, day] = match;
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(day) > lastDay) return undefined;
  const parsed = new Date(value);
  return Number.isNaN(parsed.getTime()) ? undefined : parsed;
}

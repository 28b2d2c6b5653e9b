import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { shown } from './bounds.js';
import { rule } from './field-rule.js';

const FIRST = Date.UTC(1970, 0, 1);
/** Databases and JSON write later years in another form. */
const LAST = Date.UTC(10_000, 0, 1) - 1;
/** A test environment's clock goes ten years ahead at most, and its contracts begin ten years ahead of that. */
const YEARS_AHEAD = 20;

export interface InstantBounds {
  /** Takes any later instant, up to the year 9999: for ends, which many write as 2099 or 9999, and for what lists are narrowed by. */
  readonly ever?: boolean;
}

/** RFC 3339 with a zone, read into a Date. From 1970 on, and at most twenty years ahead. */
export function IsInstant({ ever = false }: InstantBounds = {}): PropertyDecorator {
  return applyDecorators(
    shown({
      type: 'string',
      format: 'date-time',
      maxLength: 40,
      'x-minimum': '1970-01-01T00:00:00Z',
      'x-maximum': ever ? '9999-12-31T23:59:59.999Z' : `now + ${YEARS_AHEAD} years`,
    }),
    Transform(({ value }: { value: unknown }) => parseInstant(value) ?? value),
    rule(
      'isInstant',
      (value) =>
        value instanceof Date && value.getTime() >= FIRST && value.getTime() <= (ever ? LAST : furthest()),
      ({ property }) =>
        `${property} must be an RFC 3339 time with a zone, from 1970 ${ever ? 'to 9999' : `to ${YEARS_AHEAD} years from now`}`,
    ),
  );
}

/** An instant that a list may be narrowed by; undefined for anything else. */
export function readInstant(value: unknown): Date | undefined {
  const parsed = parseInstant(value);
  return parsed !== undefined && parsed.getTime() >= FIRST && parsed.getTime() <= LAST ? parsed : undefined;
}

function furthest(): number {
  const now = new Date();
  return now.setUTCFullYear(now.getUTCFullYear() + YEARS_AHEAD);
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

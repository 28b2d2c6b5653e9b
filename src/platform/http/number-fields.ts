import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { formatRate, parseRate, rate } from '../../domain/rate.js';
import { MOST_DECIMAL, MOST_INT4, MOST_MONEY, MOST_OFFSET, MOST_SAFE, shown } from './bounds.js';
import { rule } from './field-rule.js';

export interface WholeBounds {
  readonly min?: number;
  readonly max?: number;
}

const DIGITS = /^-?\d{1,16}$/;

/** A whole number that its column holds. Query parameters write it as digits. */
export function IsWhole({ min = -MOST_INT4, max = MOST_INT4 }: WholeBounds = {}): PropertyDecorator {
  return applyDecorators(
    shown({ type: 'integer', minimum: min, maximum: max }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && DIGITS.test(value) ? Number(value) : value,
    ),
    rule(
      'isWhole',
      (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
      ({ property }) => `${property} must be a whole number from ${min} to ${max}`,
    ),
  );
}

/** Rows to leave out before the page. */
export const IsOffset = (): PropertyDecorator => IsWhole({ min: 0, max: MOST_OFFSET });

/** A number as JSON writes it, where the contract wants no decimal string. */
export function IsFraction({ min = -MOST_SAFE, max = MOST_SAFE }: WholeBounds = {}): PropertyDecorator {
  return applyDecorators(
    shown({ type: 'number', minimum: min, maximum: max }),
    rule(
      'isFraction',
      (value) => typeof value === 'number' && value >= min && value <= max,
      ({ property }) => `${property} must be a number from ${min} to ${max}`,
    ),
  );
}

export interface DecimalLimits {
  readonly min?: string;
  readonly moreThan?: string;
  readonly max?: string;
}

/**
 * A decimal, sent as a string or a JSON number; read into its canonical string (`"0.10"` → `"0.1"`). At most 20 digits
 * before the point and 18 behind it.
 */
export function IsDecimalValue(limits: DecimalLimits = {}): PropertyDecorator {
  const { min, moreThan, max } = limits;
  const inRange = (value: unknown): boolean => {
    const parsed = parseRate(value);
    return (
      parsed !== undefined &&
      (min === undefined || parsed.greaterThanOrEqualTo(rate(min))) &&
      (moreThan === undefined || parsed.greaterThan(rate(moreThan))) &&
      (max === undefined || parsed.lessThanOrEqualTo(rate(max)))
    );
  };
  const bounds = [
    min === undefined ? '' : ` of at least ${min}`,
    moreThan === undefined ? '' : ` greater than ${moreThan}`,
    max === undefined ? '' : ` of at most ${max}`,
  ].join('');
  return applyDecorators(
    shown({
      type: 'string',
      format: 'decimal',
      minLength: 1,
      maxLength: MOST_DECIMAL,
      ...((min ?? moreThan) === undefined ? {} : { 'x-minimum': min ?? moreThan }),
      ...(max === undefined ? {} : { 'x-maximum': max }),
    }),
    Transform(({ value }: { value: unknown }) => {
      const parsed = parseRate(value);
      return parsed === undefined ? value : formatRate(parsed);
    }),
    rule('isDecimalValue', inRange, ({ property }) => `${property} must be a decimal number${bounds}`),
  );
}

/** Money in major units, or a price for a unit: so much at most that sums of it can be kept in any currency. */
export const IsMoney = (limits: Omit<DecimalLimits, 'max'> = {}): PropertyDecorator =>
  IsDecimalValue({
    ...(limits.min === undefined && limits.moreThan === undefined ? { min: `-${MOST_MONEY}` } : limits),
    max: MOST_MONEY,
  });

/** Currency per credit: no credit is worth more, or less, than a billion minor units could tell. */
export const IsConversionRate = (): PropertyDecorator =>
  IsDecimalValue({ min: '0.000000001', max: '1000000000' });

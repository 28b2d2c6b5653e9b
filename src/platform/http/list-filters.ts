import { IsBoolean } from 'class-validator';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { fieldErrors } from '../../domain/errors.js';
import { formatRate, parseRate } from '../../domain/rate.js';
import { MOST_INT4, MOST_SAFE } from './bounds.js';
import { Optional } from './fields.js';
import { IsFraction } from './number-fields.js';
import { IsText, IsTexts, IsOneOf } from './text-fields.js';
import { IsInstant, readInstant } from './time-fields.js';
import { IsPart } from './json-fields.js';

export class FilterValueRequest {
  @Optional()
  @IsText()
  string?: string;

  @Optional()
  @IsFraction()
  number?: number;

  @Optional()
  @IsBoolean()
  boolean?: boolean;

  @Optional()
  @IsInstant({ ever: true })
  date?: Date;

  @Optional()
  @IsTexts()
  array?: string[];
}

const OPERATORS = [
  'eq',
  'contains',
  'not_contains',
  'gt',
  'lt',
  'gte',
  'in',
  'not_in',
  'before',
  'after',
] as const;

export class FilterRequest {
  @IsText()
  field!: string;

  @IsOneOf(OPERATORS)
  operator!: (typeof OPERATORS)[number];

  @Optional()
  @IsOneOf(['string', 'number', 'date', 'array'])
  data_type?: string;

  @IsPart(() => FilterValueRequest)
  value!: FilterValueRequest;
}

type Operator = (typeof OPERATORS)[number];

const SIGNS: Readonly<Record<Operator, string>> = {
  eq: '=',
  gt: '>',
  gte: '>=',
  lt: '<',
  before: '<',
  after: '>',
  contains: 'ILIKE',
  not_contains: 'NOT ILIKE',
  in: 'IN',
  not_in: 'NOT IN',
};

/** What a column is compared with, read from what the caller has sent; undefined for what it cannot be compared with. */
type Reader = (given: unknown) => unknown;

const wholeUpTo =
  (most: number): Reader =>
  (given) => {
    const value = parseRate(given);
    return value?.isInteger() === true && value.abs().lessThanOrEqualTo(most) ? formatRate(value) : undefined;
  };

const READERS: Readonly<Record<string, { readonly what: string; readonly read: Reader }>> = {
  text: { what: 'a string', read: (given) => (typeof given === 'string' ? given : undefined) },
  timestamptz: { what: 'an RFC 3339 time', read: readInstant },
  integer: { what: 'a whole number', read: wholeUpTo(MOST_INT4) },
  bigint: { what: 'a whole number', read: wholeUpTo(MOST_SAFE) },
  numeric: {
    what: 'a number',
    read: (given) => {
      const value = parseRate(given);
      return value === undefined ? undefined : formatRate(value);
    },
  },
  boolean: {
    what: 'true or false',
    read: (given) =>
      typeof given === 'boolean' ? given : given === 'true' ? true : given === 'false' ? false : undefined,
  },
};

/** Narrows a list over alias `row` by one of its properties. A value of another kind than the property's is refused. */
export function applyFilter<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  { field, operator, value }: FilterRequest,
  property: string,
  index: number,
): void {
  const path = `filters[${index}].value`;
  const type = String(
    query.expressionMap.mainAlias?.metadata.findColumnWithPropertyName(property)?.type ?? '',
  );
  const reader = READERS[type];
  if (reader === undefined) throw new Error(`no filter for ${field}: its column is ${type}`);
  const isList = operator === 'in' || operator === 'not_in';
  const isPart = operator === 'contains' || operator === 'not_contains';
  if (isPart && type !== 'text')
    throw fieldErrors({ [`filters[${index}].operator`]: `${field} is no text: it cannot hold a part` });
  const name = `filter${index}`;
  if (isList) {
    const list = value.array?.map(reader.read);
    if (list === undefined || list.includes(undefined))
      throw fieldErrors({ [path]: `${path}: ${operator} on ${field} needs an array of ${reader.what} each` });
    if (list.length === 0) query.andWhere(operator === 'in' ? '1 = 0' : '1 = 1');
    else query.andWhere(`row.${property} ${SIGNS[operator]} (:...${name})`, { [name]: list });
    return;
  }
  const wanted = reader.read(value.date ?? value.string ?? value.number ?? value.boolean);
  if (wanted === undefined)
    throw fieldErrors({ [path]: `${path}: ${operator} on ${field} needs ${reader.what}` });
  const parameter = isPart ? `%${(wanted as string).replace(/[\\%_]/g, '\\$&')}%` : wanted;
  query.andWhere(`row.${property} ${SIGNS[operator]} :${name}`, { [name]: parameter });
}

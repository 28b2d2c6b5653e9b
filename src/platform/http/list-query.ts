import { Transform, Type } from 'class-transformer';
import { IsArray, IsInt, IsObject, IsString, Max, Min, ValidateNested } from 'class-validator';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { validationError } from '../../domain/errors.js';
import { parseRate } from '../../domain/rate.js';
import { IsInstant, IsWord, Optional, parseInstant } from './fields.js';

export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 1000;

/** What every list takes: page, order, row status, window of creation, relations to expand. */
export class ListRequest {
  /** 1 to 1000, 50 when left out. */
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit?: number;

  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  offset?: number;

  @Optional()
  @IsWord(['asc', 'desc'])
  order?: 'asc' | 'desc';

  @Optional()
  @IsWord(['published', 'archived', 'deleted'])
  status?: 'published' | 'archived' | 'deleted';

  /** Comma list of relations to include. */
  @Optional()
  @IsString()
  expand?: string;

  /** Created at or after. */
  @Optional()
  @IsInstant()
  start_time?: Date;

  /** Created before. */
  @Optional()
  @IsInstant()
  end_time?: Date;
}

export class FilterValueRequest {
  @Optional()
  string?: string;

  @Optional()
  number?: number;

  @Optional()
  boolean?: boolean;

  @Optional()
  date?: string;

  @Optional()
  @IsArray()
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
  @IsString()
  field!: string;

  @IsWord(OPERATORS)
  operator!: (typeof OPERATORS)[number];

  @Optional()
  @IsWord(['string', 'number', 'date', 'array'])
  data_type?: string;

  @IsObject()
  @ValidateNested()
  @Type(() => FilterValueRequest)
  value!: FilterValueRequest;
}

export class SortRequest {
  @IsString()
  field!: string;

  @Optional()
  @IsWord(['asc', 'desc'])
  direction?: 'asc' | 'desc';
}

export class SearchRequest extends ListRequest {
  @Optional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => FilterRequest)
  filters?: FilterRequest[];

  /** A field's name alone, as lists by query parameter write it, means that field in the given `order`. */
  @Optional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? [Object.assign(new SortRequest(), { field: value })] : value,
  )
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => SortRequest)
  sort?: SortRequest[];
}

export class PaginationResponse {
  /** Rows that match, whatever the page. */
  total!: number;
  limit!: number;
  offset!: number;
}

/** Wire name of a field to filter and sort by → property of the entity. */
export type ListFields = Readonly<Record<string, string>>;

/** Applies page, order, filters and the creation window to a query over alias `row`, and runs it. */
export async function findPage<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  request: ListRequest & { filters?: FilterRequest[]; sort?: SortRequest[] },
  fields: ListFields,
): Promise<{ rows: T[]; pagination: PaginationResponse }> {
  const limit = request.limit ?? DEFAULT_LIMIT;
  const offset = request.offset ?? 0;
  if (request.start_time) query.andWhere('row.createdAt >= :from', { from: request.start_time });
  if (request.end_time) query.andWhere('row.createdAt < :until', { until: request.end_time });
  request.filters?.forEach((filter, index) => {
    applyFilter(query, filter, column(fields, filter.field), index);
  });
  const sort = request.sort ?? [];
  for (const { field, direction } of sort)
    query.addOrderBy(`row.${column(fields, field)}`, (direction ?? request.order) === 'asc' ? 'ASC' : 'DESC');
  if (sort.length === 0) query.addOrderBy('row.createdAt', request.order === 'asc' ? 'ASC' : 'DESC');
  // Ids grow with time: rows of one instant keep one order over all pages.
  query.addOrderBy('row.id', request.order === 'asc' ? 'ASC' : 'DESC');
  const [rows, total] = await query.take(limit).skip(offset).getManyAndCount();
  return { rows, pagination: { total, limit, offset } };
}

function column(fields: ListFields, field: string): string {
  const found = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (found === undefined)
    throw validationError(`cannot filter or sort by ${field}: use one of ${Object.keys(fields).join(', ')}`);
  return found;
}

function applyFilter<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  filter: FilterRequest,
  property: string,
  index: number,
): void {
  const name = `filter${index}`;
  const { array, date, number, boolean } = filter.value;
  const text = filter.value.string;
  const scalar = date !== undefined ? instant(filter.field, date) : (text ?? number ?? boolean);
  const like = `%${(text ?? '').replace(/[\\%_]/g, '\\$&')}%`;
  const comparison: Record<FilterRequest['operator'], [string, unknown]> = {
    eq: ['=', scalar],
    gt: ['>', scalar],
    gte: ['>=', scalar],
    lt: ['<', scalar],
    before: ['<', scalar],
    after: ['>', scalar],
    contains: ['ILIKE', like],
    not_contains: ['NOT ILIKE', like],
    in: ['IN', array],
    not_in: ['NOT IN', array],
  };
  const [operator, value] = comparison[filter.operator];
  if (value === undefined)
    throw validationError(`the filter on ${filter.field} has no value for ${filter.operator}`);
  if (Array.isArray(value)) {
    if (value.length === 0) query.andWhere(filter.operator === 'in' ? '1 = 0' : '1 = 1');
    else query.andWhere(`row.${property} ${operator} (:...${name})`, { [name]: value });
    return;
  }
  if (typeof value === 'string' && typeof number === 'number' && parseRate(value) === undefined)
    throw validationError(`the filter on ${filter.field} needs a number`);
  query.andWhere(`row.${property} ${operator} :${name}`, { [name]: value });
}

function instant(field: string, value: string): Date {
  const parsed = parseInstant(value);
  if (parsed === undefined) throw validationError(`the filter on ${field} needs an RFC 3339 time`);
  return parsed;
}

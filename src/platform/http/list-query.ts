import { Transform } from 'class-transformer';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { validationError } from '../../domain/errors.js';
import { Optional } from './fields.js';
import { IsListOf } from './json-fields.js';
import { applyFilter, FilterRequest } from './list-filters.js';
import { IsOffset, IsWhole } from './number-fields.js';
import { IsText, IsOneOf } from './text-fields.js';
import { IsInstant } from './time-fields.js';

export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 1000;

/** What every list takes: page, order, row status, window of creation, relations to expand. */
export class ListRequest {
  /** 1 to 1000, 50 when left out. */
  @Optional()
  @IsWhole({ min: 1, max: MAX_LIMIT })
  limit?: number;

  @Optional()
  @IsOffset()
  offset?: number;

  @Optional()
  @IsOneOf(['asc', 'desc'])
  order?: 'asc' | 'desc';

  @Optional()
  @IsOneOf(['published', 'archived', 'deleted'])
  status?: 'published' | 'archived' | 'deleted';

  /** Comma list of relations to include. */
  @Optional()
  @IsText()
  expand?: string;

  /** Created at or after. */
  @Optional()
  @IsInstant({ ever: true })
  start_time?: Date;

  /** Created before. */
  @Optional()
  @IsInstant({ ever: true })
  end_time?: Date;
}

export class SortRequest {
  @IsText()
  field!: string;

  @Optional()
  @IsOneOf(['asc', 'desc'])
  direction?: 'asc' | 'desc';
}

export class SearchRequest extends ListRequest {
  @Optional()
  @IsListOf(() => FilterRequest)
  filters?: FilterRequest[];

  /** A field's name alone, as lists by query parameter write it, means that field in the given `order`. */
  @Optional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? [Object.assign(new SortRequest(), { field: value })] : value,
  )
  @IsListOf(() => SortRequest)
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

import { Column, PrimaryColumn, type ColumnOptions, type ValueTransformer } from 'typeorm';
import { amountOutOfRange } from '../../domain/errors.js';
import { isStorable } from '../../domain/money.js';
import { formatRate, rate, type Rate } from '../../domain/rate.js';
import type { Ctx } from '../context.js';
import { newId } from '../ids.js';
import type { IdKind } from '../../domain/ids.js';

export type RowStatus = 'published' | 'archived' | 'deleted';

/** Columns of every row that belongs to one environment of one tenant. */
export abstract class EnvironmentRow {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  tenantId!: string;

  @Column({ type: 'text' })
  environmentId!: string;

  @Column({ type: 'timestamptz' })
  createdAt!: Date;

  @Column({ type: 'timestamptz' })
  updatedAt!: Date;
}

/** Columns that the wire contract declares on every entity besides its own. */
export abstract class EntityRow extends EnvironmentRow {
  @Column({ type: 'text', default: 'published' })
  status!: RowStatus;

  @Column({ type: 'text' })
  createdBy!: string;

  @Column({ type: 'text' })
  updatedBy!: string;
}

/** What every new entity row starts with. */
export function auditColumnsForInsert(
  ctx: Ctx,
  kind: IdKind,
): Pick<
  EntityRow,
  'id' | 'tenantId' | 'environmentId' | 'createdAt' | 'updatedAt' | 'createdBy' | 'updatedBy' | 'status'
> {
  return {
    id: newId(kind),
    ...ctx.scope,
    createdAt: ctx.now,
    updatedAt: ctx.now,
    createdBy: ctx.actor,
    updatedBy: ctx.actor,
    status: 'published',
  };
}

/** What every change of an entity row sets. */
export const auditColumnsForUpdate = (ctx: Ctx): Pick<EntityRow, 'updatedAt' | 'updatedBy'> => ({
  updatedAt: ctx.now,
  updatedBy: ctx.actor,
});

/** The last look at an amount: whoever computes one says better what it is. */
const asBigint = (column: string): ValueTransformer => ({
  to: (value: bigint | null | undefined) => {
    if (typeof value === 'bigint' && !isStorable(value))
      throw amountOutOfRange(`${column} of ${value.toString()} minor units`, { column });
    return value?.toString() ?? value;
  },
  from: (value: string | null) => (value === null ? null : BigInt(value)),
});

const asRate: ValueTransformer = {
  to: (value: Rate | null | undefined) => (value ? formatRate(value) : value),
  from: (value: string | null) => (value === null ? null : rate(value)),
};

/** Whole minor units. */
export const MinorUnits =
  (options: ColumnOptions = {}): PropertyDecorator =>
  (target, property) => {
    Column({ type: 'bigint', transformer: asBigint(String(property)), ...options })(target, property);
  };

/** An exact decimal: a rate or a quantity. */
export const ExactDecimal = (options: ColumnOptions = {}): PropertyDecorator =>
  Column({ type: 'numeric', transformer: asRate, ...options });

import { Injectable } from '@nestjs/common';
import { alreadyExists, fieldErrors, invalidOperation, notFound } from '../domain/errors.js';
import { rate } from '../domain/rate.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, updateRow } from '../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../platform/http/list-query.js';
import { TaxAssociationEntity } from './tax-association.entity.js';
import { TaxRateEntity } from './tax-rate.entity.js';
import type { TaxOverride, TaxRate, TaxRateScope, TaxRateStatus, TaxRateType } from './taxes.types.js';

export interface TaxRateInput {
  readonly name: string;
  readonly code: string;
  readonly description?: string | undefined;
  /** Told by the value, when left out. */
  readonly taxRateType?: TaxRateType | undefined;
  readonly scope?: TaxRateScope | undefined;
  readonly percentageValue?: string | undefined;
  readonly fixedValue?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface TaxRateChange {
  readonly name?: string | undefined;
  readonly code?: string | undefined;
  readonly description?: string | undefined;
  readonly taxRateStatus?: TaxRateStatus | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface TaxRateList extends ListRequest {
  readonly scope?: string;
  readonly taxrate_ids?: string[];
  readonly taxrate_codes?: string[];
}

@Injectable()
export class TaxRatesService {
  async create(ctx: Ctx, input: TaxRateInput): Promise<TaxRate> {
    const type = assertTaxRate(input);
    return this.named(input.code, () =>
      insertRow(ctx.em, TaxRateEntity, {
        ...auditColumnsForInsert(ctx, 'taxRate'),
        name: input.name,
        code: input.code,
        description: input.description ?? null,
        taxRateStatus: 'ACTIVE',
        taxRateType: type,
        scope: input.scope ?? 'INTERNAL',
        percentageValue: input.percentageValue === undefined ? null : rate(input.percentageValue),
        fixedValue: input.fixedValue === undefined ? null : rate(input.fixedValue),
        metadata: { ...input.metadata },
      }),
    );
  }

  async get(ctx: Ctx, id: string): Promise<TaxRate> {
    const row = await findRow(ctx.em, TaxRateEntity, { id, status: 'published' });
    if (row === null) throw notFound('tax rate', id);
    return row;
  }

  async getByCode(ctx: Ctx, code: string): Promise<TaxRate> {
    const row = await findRow(ctx.em, TaxRateEntity, { code, status: 'published' });
    if (row === null) throw notFound('tax rate with code', code);
    return row;
  }

  list(ctx: Ctx, request: TaxRateList): Promise<{ rows: TaxRate[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(TaxRateEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.scope) query.andWhere('row.scope = :scope', { scope: request.scope });
    if (request.taxrate_ids?.length) query.andWhere('row.id IN (:...ids)', { ids: request.taxrate_ids });
    if (request.taxrate_codes?.length)
      query.andWhere('row.code IN (:...codes)', { codes: request.taxrate_codes });
    return findPage(query, request, { created_at: 'createdAt' });
  }

  /** All but its value, which invoices were made with: for another one, make another rate. */
  async update(ctx: Ctx, id: string, change: TaxRateChange): Promise<TaxRate> {
    const before = await this.get(ctx, id);
    await this.named(change.code ?? before.code, () =>
      updateRow(ctx.em, TaxRateEntity, id, {
        ...auditColumnsForUpdate(ctx),
        name: change.name ?? before.name,
        code: change.code ?? before.code,
        description: change.description ?? before.description,
        taxRateStatus: change.taxRateStatus ?? before.taxRateStatus,
        metadata: { ...(change.metadata ?? before.metadata) },
      }),
    );
    return this.get(ctx, id);
  }

  /** Refused while anything is taxed by it: an invoice without its tax would only be found out afterwards. */
  async delete(ctx: Ctx, id: string): Promise<void> {
    await this.lock(ctx, id, 'pessimistic_write');
    const used = await ctx.em
      .createQueryBuilder(TaxAssociationEntity, 'row')
      .where(`row.taxRateId = :id AND row.status = 'published'`, { id })
      .andWhere('(row.endDate IS NULL OR row.endDate > :now)', { now: ctx.now })
      .getExists();
    if (used)
      throw invalidOperation(
        'the tax rate is associated: delete its associations, or set tax_rate_status INACTIVE',
        'tax_rate_in_use',
        { id },
      );
    await updateRow(ctx.em, TaxRateEntity, id, { ...auditColumnsForUpdate(ctx), status: 'deleted' });
  }

  /** Holds off its deletion until the unit of work is over. */
  async hold(ctx: Ctx, id: string): Promise<TaxRate> {
    return this.lock(ctx, id, 'pessimistic_read');
  }

  /** Rates that somebody names for one invoice, by id or code, in the order of their priority. */
  async forInvoice(
    ctx: Ctx,
    currency: string,
    named: readonly string[],
    overrides: readonly TaxOverride[],
  ): Promise<TaxRate[]> {
    const applied = overrides
      .filter((one) => (one.autoApply ?? true) && (one.currency ?? currency) === currency)
      .map(({ taxRateCode: code, priority = 0 }) => ({ code, priority }));
    const wanted = [...named.map((code) => ({ code, priority: 0 })), ...applied].sort(
      (a, b) => a.priority - b.priority,
    );
    const rates = new Map<string, TaxRate>();
    for (const { code } of wanted) {
      const found =
        (await findRow(ctx.em, TaxRateEntity, { id: code, status: 'published' })) ??
        (await this.getByCode(ctx, code));
      const taxRate = await this.hold(ctx, found.id);
      assertActive(taxRate);
      rates.set(taxRate.id, taxRate);
    }
    return [...rates.values()];
  }

  /** Of those ids, deleted ones too: associations have to show them. */
  async byIds(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, TaxRate>> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return new Map();
    const rows = await ctx.em
      .createQueryBuilder(TaxRateEntity, 'row')
      .where('row.id = ANY(:wanted)', { wanted })
      .getMany();
    return new Map(rows.map((row) => [row.id, row]));
  }

  private async lock(ctx: Ctx, id: string, mode: 'pessimistic_write' | 'pessimistic_read'): Promise<TaxRate> {
    const row = await ctx.em.findOne(TaxRateEntity, { where: { id, status: 'published' }, lock: { mode } });
    if (row === null) throw notFound('tax rate', id);
    return row;
  }

  private async named<T>(code: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isUniqueViolation(error, 'tax_rates_code'))
        throw alreadyExists(`a tax rate with code ${code} exists already`);
      throw error;
    }
  }
}

export function assertActive(taxRate: TaxRate): void {
  if (taxRate.taxRateStatus !== 'ACTIVE')
    throw invalidOperation(`tax rate ${taxRate.code} is not active`, 'tax_rate_inactive', {
      id: taxRate.id,
    });
}

/** Refuses a rate whose value is not clear; answers its type. */
function assertTaxRate({ taxRateType, percentageValue, fixedValue }: TaxRateInput): TaxRateType {
  const type =
    taxRateType ?? (fixedValue !== undefined && percentageValue === undefined ? 'fixed' : 'percentage');
  const errors: Record<string, string> = {};
  const [own, other] = type === 'fixed' ? [fixedValue, percentageValue] : [percentageValue, fixedValue];
  const [field, foreign] =
    type === 'fixed' ? ['fixed_value', 'percentage_value'] : ['percentage_value', 'fixed_value'];
  if (own === undefined) errors[field] = `${field} is required for a ${type} rate`;
  if (other !== undefined) errors[foreign] = `${foreign} says nothing of a ${type} rate`;
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
  return type;
}

import { Injectable } from '@nestjs/common';
import { alreadyExists, invalidOperation, notFound } from '../domain/errors.js';
import type { EventTypeOf } from '../domain/events.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, readMany, updateRow } from '../platform/database/rows.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { CustomerEntity } from './customer.entity.js';
import type { Customer, CustomerFields } from './customers.types.js';

const SEARCH_FIELDS = {
  id: 'id',
  name: 'name',
  email: 'email',
  external_id: 'externalId',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

export interface CustomerSearch extends SearchRequest {
  readonly customer_ids?: string[];
  readonly external_ids?: string[];
  readonly external_id?: string;
  readonly email?: string;
  readonly metadata?: Record<string, string>;
}

/** Where a customer's metadata says which customer of a provider it is. */
export const remoteIdKey = (provider: string): string => `${provider}_customer_id`;

@Injectable()
export class CustomersService {
  constructor(private readonly outbox: Outbox) {}

  /** `origin`: the connection that the customer has come from, so that it is not told what it has told us. */
  async create(
    ctx: Ctx,
    fields: CustomerFields & { externalId: string; name: string },
    origin?: string,
  ): Promise<Customer> {
    try {
      const row = await insertRow(ctx.em, CustomerEntity, {
        ...auditColumnsForInsert(ctx, 'customer'),
        externalId: fields.externalId,
        name: fields.name,
        email: fields.email ?? null,
        contact: fields.contact ?? null,
        addressLine1: fields.addressLine1 ?? null,
        addressLine2: fields.addressLine2 ?? null,
        addressCity: fields.addressCity ?? null,
        addressState: fields.addressState ?? null,
        addressPostalCode: fields.addressPostalCode ?? null,
        addressCountry: fields.addressCountry ?? null,
        timezone: fields.timezone ?? 'UTC',
        metadata: { ...fields.metadata },
        revision: 1,
      });
      await this.announce(ctx, 'customer.created', row, origin);
      return row;
    } catch (error) {
      throw this.named(error, fields.externalId);
    }
  }

  /** `origin` as in {@link create}. */
  async update(ctx: Ctx, id: string, fields: CustomerFields, origin?: string): Promise<Customer> {
    const before = await this.lock(ctx, id);
    const change = {
      ...fields,
      metadata: { ...(fields.metadata ?? before.metadata) },
      revision: before.revision + 1,
    };
    try {
      await updateRow(ctx.em, CustomerEntity, id, { ...auditColumnsForUpdate(ctx), ...change });
    } catch (error) {
      throw this.named(error, fields.externalId ?? before.externalId);
    }
    const row = await this.get(ctx, id);
    await this.announce(ctx, 'customer.updated', row, origin);
    return row;
  }

  /**
   * Shows whose customer it is at a provider, as `metadata.stripe_customer_id`; null takes it off. It is no change of the
   * customer: no event, no revision, or each push would ask for another.
   */
  async showRemoteId(ctx: Ctx, id: string, provider: string, remoteId: string | null): Promise<void> {
    const key = remoteIdKey(provider);
    await ctx.em.query(
      remoteId === null
        ? `UPDATE customers SET metadata = metadata - $2::text WHERE id = $1 AND metadata ? $2::text`
        : `UPDATE customers SET metadata = metadata || jsonb_build_object($2::text, $3::text)
           WHERE id = $1 AND metadata ->> $2::text IS DISTINCT FROM $3::text`,
      remoteId === null ? [id, key] : [id, key, remoteId],
    );
  }

  async get(ctx: Ctx, id: string): Promise<Customer> {
    const row = await this.find(ctx, id);
    if (row === null) throw notFound('customer', id);
    return row;
  }

  find(ctx: Ctx, id: string): Promise<Customer | null> {
    return findRow(ctx.em, CustomerEntity, { id });
  }

  findByExternalId(ctx: Ctx, externalId: string): Promise<Customer | null> {
    return findRow(ctx.em, CustomerEntity, { externalId, status: 'published' });
  }

  async getByExternalId(ctx: Ctx, externalId: string): Promise<Customer> {
    const row = await this.findByExternalId(ctx, externalId);
    if (row === null) throw notFound('customer with external id', externalId);
    return row;
  }

  /** By whichever id is given; ours wins. */
  resolve(ctx: Ctx, ids: { id?: string | undefined; externalId?: string | undefined }): Promise<Customer> {
    if (ids.id !== undefined) return this.get(ctx, ids.id);
    return this.getByExternalId(ctx, ids.externalId ?? '');
  }

  /** By our id or the caller's: for the places where the guides put either into one field. */
  async findByEitherId(ctx: Ctx, id: string): Promise<Customer | null> {
    return (
      (await findRow(ctx.em, CustomerEntity, { id, status: 'published' })) ?? this.findByExternalId(ctx, id)
    );
  }

  /** The rows of those ids, in no order; deleted ones too. */
  async listByIds(ctx: Ctx, ids: readonly string[]): Promise<Customer[]> {
    if (ids.length === 0) return [];
    return readMany(ctx.em.createQueryBuilder(CustomerEntity, 'row').where('row.id = ANY(:ids)', { ids }));
  }

  search(ctx: Ctx, request: CustomerSearch): Promise<{ rows: Customer[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(CustomerEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.customer_ids?.length) query.andWhere('row.id IN (:...ids)', { ids: request.customer_ids });
    const externalIds = [
      ...(request.external_ids ?? []),
      ...(request.external_id ? [request.external_id] : []),
    ];
    if (externalIds.length) query.andWhere('row.externalId IN (:...externalIds)', { externalIds });
    if (request.email) query.andWhere('row.email = :email', { email: request.email });
    if (request.metadata && Object.keys(request.metadata).length > 0)
      query.andWhere('row.metadata @> :metadata', { metadata: JSON.stringify(request.metadata) });
    return findPage(query, request, SEARCH_FIELDS);
  }

  /** The caller has made sure that nothing depends on it. */
  async delete(ctx: Ctx, id: string, origin?: string): Promise<void> {
    const row = await this.lock(ctx, id);
    await updateRow(ctx.em, CustomerEntity, id, { ...auditColumnsForUpdate(ctx), status: 'deleted' });
    await this.announce(ctx, 'customer.deleted', row, origin);
  }

  private async lock(ctx: Ctx, id: string): Promise<Customer> {
    const row = await findRow(ctx.em, CustomerEntity, { id }, { lock: true });
    if (row === null) throw notFound('customer', id);
    if (row.status !== 'published')
      throw invalidOperation(`customer ${id} is deleted`, 'customer_deleted', { id });
    return row;
  }

  private announce(ctx: Ctx, type: EventTypeOf<'customer'>, row: Customer, origin?: string): Promise<void> {
    return this.outbox.append(ctx, {
      type,
      entityType: 'customer',
      entityId: row.id,
      payload: { revision: row.revision, ...(origin === undefined ? {} : { origin }) },
    });
  }

  private named(error: unknown, externalId: string): unknown {
    return isUniqueViolation(error, 'customers_external_id')
      ? alreadyExists(`a customer with external_id ${externalId} exists already`, { external_id: externalId })
      : error;
  }
}

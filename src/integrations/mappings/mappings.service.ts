import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import { alreadyExists, BillingError, notFound, invalidOperation } from '../../domain/errors.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../../platform/database/columns.js';
import type { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { isUniqueViolation } from '../../platform/database/errors.js';
import { lockName } from '../../platform/database/named-lock.js';
import { findRow, findRows, insertUnlessThere, requireRow, updateRow } from '../../platform/database/rows.js';
import type { SyncBaseline } from './sync-baseline.js';
import { EntityMappingEntity } from './entity-mapping.entity.js';
import type { EntityMapping, MappedEntity } from './mappings.types.js';
import { withdrawnIds, withWithdrawn } from './withdrawn.js';

@Injectable()
export class MappingsService {
  constructor(private readonly customers: CustomersService) {}

  /** Written before the first call that makes the remote object, so that a lost answer leaves a trace. */
  async reserve(
    ctx: Ctx,
    connection: Connection,
    entityType: MappedEntity,
    entityId: string,
  ): Promise<EntityMapping> {
    const row: EntityMappingEntity = {
      ...auditColumnsForInsert(ctx, 'mapping'),
      connectionId: connection.id,
      provider: connection.provider,
      entityType,
      entityId,
      providerEntityId: null,
      state: 'reserved',
      metadata: {},
      agreement: null,
    };
    const of = { connectionId: connection.id, entityType, entityId };
    const [known, isNew] = await Promise.all([
      findRow(ctx.em, EntityMappingEntity, of),
      insertUnlessThere(ctx.em, EntityMappingEntity, row),
    ]);
    return isNew ? row : (known ?? requireRow(ctx.em, EntityMappingEntity, of));
  }

  /** The remote object's id is known, or has changed. A remote object that is mapped to another entity is refused. */
  async link(
    ctx: Ctx,
    connection: Connection,
    entityType: MappedEntity,
    entityId: string,
    providerEntityId: string,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<EntityMapping> {
    const known = await this.find(ctx, connection.id, entityType, entityId);
    if (entityType === 'customer')
      await this.customers.showRemoteId(ctx, entityId, connection.provider, providerEntityId);
    // Told again, as it often is, it costs no write and waits for nobody.
    if (known !== null && isLinkedSo(known, providerEntityId, metadata)) return known;
    const reserved = known ?? (await this.reserve(ctx, connection, entityType, entityId));
    try {
      await updateRow(ctx.em, EntityMappingEntity, reserved.id, {
        ...auditColumnsForUpdate(ctx),
        providerEntityId,
        state: 'linked',
        metadata: { ...reserved.metadata, ...metadata },
      });
    } catch (error) {
      if (isUniqueViolation(error, 'entity_mappings_provider_entity'))
        throw alreadyExists(
          `${connection.provider} ${entityType} ${providerEntityId} is mapped to another ${entityType} already`,
        );
      throw error;
    }
    return requireRow(ctx.em, EntityMappingEntity, { id: reserved.id });
  }

  /**
   * Makes a remote customer one of ours before anything is written to it. False when another of ours has it, or gets it in
   * the same moment: then it is left alone.
   */
  async claim(
    uow: UnitOfWork,
    caller: Caller,
    connection: Connection,
    { entityId, remoteId }: { readonly entityId: string; readonly remoteId: string },
  ): Promise<boolean> {
    try {
      return await uow.run(caller, async (ctx) => {
        const taken = await this.lockRemote(ctx, connection.id, 'customer', remoteId);
        if (taken !== null) return taken.entityId === entityId;
        await this.link(ctx, connection, 'customer', entityId, remoteId);
        return true;
      });
    } catch (error) {
      if (error instanceof BillingError && error.kind === 'already_exists') return false;
      throw error;
    }
  }

  /** True when {@link link} would change nothing. */
  async isLinked(
    ctx: Ctx,
    connection: Connection,
    entityType: MappedEntity,
    entityId: string,
    providerEntityId: string,
    metadata: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const known = await this.find(ctx, connection.id, entityType, entityId);
    return known !== null && isLinkedSo(known, providerEntityId, metadata);
  }

  /** The remote object is gone; what stood for it waits for another one. */
  async lose(ctx: Ctx, mapping: EntityMapping): Promise<void> {
    await updateRow(ctx.em, EntityMappingEntity, mapping.id, {
      ...auditColumnsForUpdate(ctx),
      providerEntityId: null,
      state: 'reserved',
      metadata: { lost: mapping.providerEntityId ?? '' },
    });
    await this.hide(ctx, mapping);
  }

  /** We are about to withdraw the remote object, so that nobody acts on it any more: what it shows from now on is no news. */
  async beginWithdrawal(ctx: Ctx, mapping: EntityMapping): Promise<readonly string[]> {
    const withdrawn = withWithdrawn(mapping.metadata, [mapping.providerEntityId]);
    const metadata = { ...mapping.metadata, ...withdrawn };
    await updateRow(ctx.em, EntityMappingEntity, mapping.id, { ...auditColumnsForUpdate(ctx), metadata });
    return withdrawnIds(metadata);
  }

  /** These remote objects are withdrawn, with the one that stood for the entity: nothing stands for it there. */
  async endWithdrawal(ctx: Ctx, mapping: EntityMapping, ids: readonly string[]): Promise<void> {
    await updateRow(ctx.em, EntityMappingEntity, mapping.id, {
      ...auditColumnsForUpdate(ctx),
      providerEntityId: null,
      state: 'reserved',
      metadata: withWithdrawn(mapping.metadata, [...ids, mapping.providerEntityId]),
    });
  }

  /** A remote object that stood for an entity of ours once, and was let go of. */
  wasLost(
    ctx: Ctx,
    connectionId: string,
    entityType: MappedEntity,
    remoteId: string,
  ): Promise<EntityMapping | null> {
    return ctx.em
      .createQueryBuilder(EntityMappingEntity, 'row')
      .where('row.connectionId = :connectionId AND row.entityType = :entityType', {
        connectionId,
        entityType,
      })
      .andWhere(`row.state = 'reserved' AND row.metadata ->> 'lost' = :remoteId`, { remoteId })
      .getOne();
  }

  /**
   * The mapping of a remote object, if there is one, with everybody else who wants to take over what it is kept out until
   * the end of the unit of work. Also holds where there is no mapping yet: then nobody else makes one.
   */
  async lockRemote(
    ctx: Ctx,
    connectionId: string,
    entityType: MappedEntity,
    providerEntityId: string,
  ): Promise<EntityMapping | null> {
    await lockName(ctx.em, `remote:${connectionId}:${entityType}:${providerEntityId}`);
    return this.findByRemoteId(ctx, connectionId, entityType, providerEntityId);
  }

  /** A number that is higher than that of every reading that began before. */
  async beginReading(ctx: Ctx): Promise<number> {
    const [row] = await ctx.em.query<{ number: string }[]>(
      `SELECT nextval('remote_readings')::text AS number`,
    );
    return Number(row?.number);
  }

  async acceptBaseline(
    ctx: Ctx,
    mapping: EntityMapping,
    agreement: SyncBaseline,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await updateRow(ctx.em, EntityMappingEntity, mapping.id, {
      ...auditColumnsForUpdate(ctx),
      agreement,
      metadata: { ...mapping.metadata, ...metadata },
    });
  }

  /** What was being told has been refused: should the provider show it after all, that is news. */
  async notTold(ctx: Ctx, connectionId: string, entityType: MappedEntity, entityId: string): Promise<void> {
    const mapping = await this.find(ctx, connectionId, entityType, entityId);
    if (mapping?.agreement) await this.acceptBaseline(ctx, mapping, { ...mapping.agreement, telling: null });
  }

  /** The remote object is another of our entities from now on. */
  async move(ctx: Ctx, mapping: EntityMapping, entityId: string): Promise<EntityMapping> {
    await updateRow(ctx.em, EntityMappingEntity, mapping.id, {
      ...auditColumnsForUpdate(ctx),
      entityId,
      agreement: null,
    });
    return requireRow(ctx.em, EntityMappingEntity, { id: mapping.id });
  }

  /** The mappings of several entities on one connection, by entity. */
  async ofEntities(
    ctx: Ctx,
    connectionId: string,
    entityType: MappedEntity,
    entityIds: readonly string[],
  ): Promise<ReadonlyMap<string, EntityMapping>> {
    if (entityIds.length === 0) return new Map();
    const rows = await ctx.em
      .createQueryBuilder(EntityMappingEntity, 'row')
      .where('row.connectionId = :connectionId AND row.entityType = :entityType', {
        connectionId,
        entityType,
      })
      .andWhere('row.entityId = ANY(:entityIds)', { entityIds })
      .getMany();
    return new Map(rows.map((row) => [row.entityId, row]));
  }

  /** What entities are at all connections, where that is known; the oldest mapping first. */
  async linkedOf(ctx: Ctx, entityType: MappedEntity, entityIds: readonly string[]): Promise<EntityMapping[]> {
    if (entityIds.length === 0) return [];
    return ctx.em
      .createQueryBuilder(EntityMappingEntity, 'row')
      .where(`row.entityType = :entityType AND row.state = 'linked' AND row.entityId = ANY(:entityIds)`, {
        entityType,
        entityIds,
      })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
  }

  async unlink(ctx: Ctx, connectionId: string, entityType: MappedEntity, entityId: string): Promise<void> {
    const mapping = await this.find(ctx, connectionId, entityType, entityId);
    if (mapping === null) throw notFound('mapping of', `${entityType} ${entityId}`);
    await this.delete(ctx, mapping.id);
  }

  async delete(ctx: Ctx, id: string): Promise<void> {
    const mapping = await findRow(ctx.em, EntityMappingEntity, { id });
    if (mapping === null) throw notFound('mapping', id);
    await ctx.em.delete(EntityMappingEntity, { id });
    await this.hide(ctx, mapping);
  }

  private async hide(ctx: Ctx, { entityType, entityId, provider }: EntityMapping): Promise<void> {
    if (entityType === 'customer') await this.customers.showRemoteId(ctx, entityId, provider, null);
  }

  find(
    ctx: Ctx,
    connectionId: string,
    entityType: MappedEntity,
    entityId: string,
  ): Promise<EntityMapping | null> {
    return findRow(ctx.em, EntityMappingEntity, { connectionId, entityType, entityId });
  }

  /** For deciding what it is to stand for: nobody else decides that until the end of the unit of work. */
  lock(ctx: Ctx, { id }: EntityMapping): Promise<EntityMapping | null> {
    return findRow(ctx.em, EntityMappingEntity, { id }, { lock: true });
  }

  /** The remote id, once it is known. */
  async remoteId(
    ctx: Ctx,
    connectionId: string,
    entityType: MappedEntity,
    entityId: string,
  ): Promise<string | undefined> {
    return (await this.find(ctx, connectionId, entityType, entityId))?.providerEntityId ?? undefined;
  }

  /**
   * What is told of one customer's business must not be booked on another's. A remote customer that was deleted and
   * made again may still be named by what was begun before.
   */
  async assertRemoteCustomer(
    ctx: Ctx,
    connection: Connection,
    customerId: string,
    remoteCustomerId: string | undefined,
    what: string,
  ): Promise<void> {
    if (remoteCustomerId === undefined) return;
    const mapping = await this.find(ctx, connection.id, 'customer', customerId);
    const known = mapping?.providerEntityId;
    if (!known || known === remoteCustomerId || mapping.metadata.lost === remoteCustomerId) return;
    throw invalidOperation(
      `${what} belongs to ${known} at ${connection.provider}, not to ${remoteCustomerId}`,
      'customer_mismatch',
      { expected: known, found: remoteCustomerId },
    );
  }

  findByRemoteId(
    ctx: Ctx,
    connectionId: string,
    entityType: MappedEntity,
    providerEntityId: string,
  ): Promise<EntityMapping | null> {
    return findRow(ctx.em, EntityMappingEntity, { connectionId, entityType, providerEntityId });
  }

  /** All mappings of one entity, over all connections. */
  ofEntity(ctx: Ctx, entityType: string, entityId: string): Promise<EntityMapping[]> {
    return findRows(ctx.em, EntityMappingEntity, { entityType, entityId }, { orderBy: 'createdAt' });
  }

  /** True when the connection has an invoice that is still open there, as far as was last seen. */
  async hasOpenInvoices(ctx: Ctx, connectionId: string): Promise<boolean> {
    const found = await ctx.em
      .createQueryBuilder(EntityMappingEntity, 'row')
      .where(`row.connectionId = :connectionId AND row.entityType = 'invoice' AND row.state = 'linked'`, {
        connectionId,
      })
      .andWhere(`coalesce(row.metadata ->> 'status', 'open') NOT IN ('paid', 'void', 'uncollectible')`)
      .limit(1)
      .getOne();
    return found !== null;
  }
}

const isLinkedSo = (
  mapping: EntityMapping,
  providerEntityId: string,
  metadata: Readonly<Record<string, string>>,
): boolean =>
  mapping.state === 'linked' &&
  mapping.providerEntityId === providerEntityId &&
  Object.entries(metadata).every(([key, value]) => mapping.metadata[key] === value);

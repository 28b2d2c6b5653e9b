import { Injectable } from '@nestjs/common';
import { alreadyExists, notFound, validationError } from '../domain/errors.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, insertRows, updateRow } from '../platform/database/rows.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { GroupEntity } from './group.entity.js';
import { GroupMemberEntity } from './group-member.entity.js';
import type { Group, GroupEntityType, GroupWithMembers } from './features.types.js';

const SEARCH_FIELDS = {
  id: 'id',
  name: 'name',
  lookup_key: 'lookupKey',
  entity_type: 'entityType',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

export interface GroupInput {
  readonly name: string;
  readonly lookupKey: string;
  readonly entityType: GroupEntityType;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface GroupSearch extends SearchRequest {
  readonly group_ids?: string[];
  readonly entity_type?: string;
  readonly lookup_key?: string;
  readonly name?: string;
}

/** Groups of prices or of features: for showing them together, they change no amount. */
@Injectable()
export class GroupsService {
  async create(ctx: Ctx, input: GroupInput): Promise<GroupWithMembers> {
    try {
      const group = await insertRow(ctx.em, GroupEntity, {
        ...auditColumnsForInsert(ctx, 'group'),
        name: input.name,
        lookupKey: input.lookupKey,
        entityType: input.entityType,
        metadata: { ...input.metadata },
      });
      return { group, memberIds: [] };
    } catch (error) {
      if (isUniqueViolation(error, 'groups_lookup_key'))
        throw alreadyExists(`a group with lookup_key ${input.lookupKey} exists already`);
      throw error;
    }
  }

  async get(ctx: Ctx, id: string): Promise<GroupWithMembers> {
    return (await this.withMembers(ctx, [await this.find(ctx, id)]))[0] as GroupWithMembers;
  }

  async search(
    ctx: Ctx,
    request: GroupSearch,
  ): Promise<{ rows: GroupWithMembers[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(GroupEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.group_ids?.length) query.andWhere('row.id IN (:...ids)', { ids: request.group_ids });
    if (request.entity_type) query.andWhere('row.entityType = :type', { type: request.entity_type });
    if (request.lookup_key) query.andWhere('row.lookupKey = :key', { key: request.lookup_key });
    if (request.name) query.andWhere('row.name = :name', { name: request.name });
    const { rows, pagination } = await findPage(query, request, SEARCH_FIELDS);
    return { rows: await this.withMembers(ctx, rows), pagination };
  }

  /** Its members stay, in no group. */
  async delete(ctx: Ctx, id: string): Promise<void> {
    await this.find(ctx, id);
    await updateRow(ctx.em, GroupEntity, id, { ...auditColumnsForUpdate(ctx), status: 'deleted' });
    await ctx.em.delete(GroupMemberEntity, { groupId: id });
  }

  /** Puts a price or feature into that group and out of any other; an empty id leaves it in none. */
  async assign(ctx: Ctx, entityType: GroupEntityType, entityId: string, groupId: string): Promise<void> {
    if (groupId !== '') {
      const group = await this.find(ctx, groupId);
      if (group.entityType !== entityType)
        throw validationError(
          `group_id: ${group.name} is a group of ${group.entityType}s, not of ${entityType}s`,
          { fields: { group_id: `group_id must be the id of a group of ${entityType}s` } },
        );
    }
    await ctx.em.delete(GroupMemberEntity, { id: entityId });
    if (groupId !== '')
      await insertRows(ctx.em, GroupMemberEntity, [
        { id: entityId, ...ctx.scope, groupId, createdAt: ctx.now, updatedAt: ctx.now },
      ]);
  }

  /** The group that each of those prices or features is in, where it is in one. */
  async ofMembers(ctx: Ctx, memberIds: readonly string[]): Promise<ReadonlyMap<string, GroupWithMembers>> {
    if (memberIds.length === 0) return new Map();
    const memberships = await ctx.em
      .createQueryBuilder(GroupMemberEntity, 'row')
      .where('row.id = ANY(:memberIds)', { memberIds })
      .getMany();
    if (memberships.length === 0) return new Map();
    const groups = await ctx.em
      .createQueryBuilder(GroupEntity, 'row')
      .where('row.id = ANY(:ids)', { ids: memberships.map((one) => one.groupId) })
      .getMany();
    const byId = new Map((await this.withMembers(ctx, groups)).map((one) => [one.group.id, one]));
    return new Map(
      memberships.flatMap(({ id, groupId }) => {
        const group = byId.get(groupId);
        return group === undefined ? [] : [[id, group] as const];
      }),
    );
  }

  private async find(ctx: Ctx, id: string): Promise<Group> {
    const row = await findRow(ctx.em, GroupEntity, { id, status: 'published' });
    if (row === null) throw notFound('group', id);
    return row;
  }

  private async withMembers(ctx: Ctx, groups: readonly Group[]): Promise<GroupWithMembers[]> {
    if (groups.length === 0) return [];
    const members = await ctx.em
      .createQueryBuilder(GroupMemberEntity, 'row')
      .where('row.groupId = ANY(:ids)', { ids: groups.map((group) => group.id) })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    return groups.map((group) => ({
      group,
      memberIds: members.filter((one) => one.groupId === group.id).map((one) => one.id),
    }));
  }
}

import { PaginationResponse } from '../../platform/http/list-query.js';
import type { GroupWithMembers } from '../../features/features.types.js';

export class GroupResponse {
  id!: string;
  name!: string;
  lookup_key!: string;
  /** `price` or `feature`. */
  entity_type!: string;
  entity_ids!: string[];
  metadata!: Record<string, string>;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
}

export class ListGroupsResponse {
  items!: GroupResponse[];
  pagination!: PaginationResponse;
}

export const toGroupResponse = ({ group, memberIds }: GroupWithMembers): GroupResponse => ({
  id: group.id,
  name: group.name,
  lookup_key: group.lookupKey,
  entity_type: group.entityType,
  entity_ids: [...memberIds],
  metadata: group.metadata,
  status: group.status,
  created_at: group.createdAt,
  updated_at: group.updatedAt,
});

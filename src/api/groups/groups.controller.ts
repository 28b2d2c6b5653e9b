import { Body, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CreateGroupRequest, SearchGroupsRequest } from './groups.requests.js';
import { GroupResponse, ListGroupsResponse, toGroupResponse } from './groups.responses.js';
import { GroupsService } from '../../features/groups.service.js';

@ApiController('groups', 'Groups')
export class GroupsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly groups: GroupsService,
  ) {}

  /** Creates a group of prices or of features. They join it by their `group_id`. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreateGroupRequest): Promise<GroupResponse> {
    return this.uow.run(caller, async (ctx) =>
      toGroupResponse(
        await this.groups.create(ctx, {
          name: body.name,
          lookupKey: body.lookup_key,
          entityType: body.entity_type,
          metadata: body.metadata,
        }),
      ),
    );
  }

  /** Groups by filters. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(@CurrentCaller() caller: Caller, @Body() body: SearchGroupsRequest): Promise<ListGroupsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.groups.search(ctx, body);
      return { items: rows.map(toGroupResponse), pagination };
    });
  }

  /** One group. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<GroupResponse> {
    return this.uow.read(caller, async (ctx) => toGroupResponse(await this.groups.get(ctx, id)));
  }

  /** Deletes a group. Its members stay, without a group. */
  @Delete(':id')
  @HttpCode(204)
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.uow.run(caller, (ctx) => this.groups.delete(ctx, id));
  }
}

import { Body, Delete, Get, HttpCode, Param, Post, Put, Query, Req } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { InSteps, OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { ProvidersService } from '../../providers/providers.service.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ConnectFlow } from '../../connections/connect.flow.js';
import {
  CreateConnectionRequest,
  SearchConnectionsRequest,
  UpdateConnectionRequest,
} from './connections.requests.js';
import {
  ConnectionResponse,
  ConnectionTestResponse,
  ListConnectionsResponse,
  toConnectionResponse,
  type ReachedAt,
} from './connections.responses.js';
import { ConnectionsService } from '../../connections/connections.service.js';
import { parseSyncConfig } from '../../connections/sync-config.types.js';

@ApiController('connections', 'Connections')
export class ConnectionsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly connections: ConnectionsService,
    private readonly providers: ProvidersService,
    private readonly connect: ConnectFlow,
  ) {}

  /** Connects a provider account. The credentials are checked with one live call before anything is stored. */
  @Post()
  @InSteps()
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateConnectionRequest,
    @Req() request: ReachedAt,
  ): Promise<ConnectionResponse> {
    const connection = await this.connect.create(caller, {
      name: body.name,
      provider: body.provider_type,
      syncConfig: parseSyncConfig(body.sync_config ?? {}),
      ...(body.encrypted_secret_data ? { secretData: body.encrypted_secret_data } : {}),
      ...(body.metadata ? { metadata: body.metadata } : {}),
      ...(body.is_default === undefined ? {} : { isDefault: body.is_default }),
    });
    return toConnectionResponse(connection, this.providers, request);
  }

  /** The connections of the environment. Secrets are never shown. */
  @Get()
  list(
    @CurrentCaller() caller: Caller,
    @Query() query: SearchConnectionsRequest,
    @Req() request: ReachedAt,
  ): Promise<ListConnectionsResponse> {
    return this.search(caller, query, request);
  }

  /** Connections by filters. Secrets are never shown. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  async search(
    @CurrentCaller() caller: Caller,
    @Body() body: SearchConnectionsRequest,
    @Req() request: ReachedAt,
  ): Promise<ListConnectionsResponse> {
    const wanted = { ...body, ...(body.provider_type ? { provider: body.provider_type } : {}) };
    const { rows, pagination } = await this.uow.read(caller, (ctx) => this.connections.search(ctx, wanted));
    return { items: rows.map((row) => toConnectionResponse(row, this.providers, request)), pagination };
  }

  /** One connection with its switches, state and webhook address. Secrets are never shown. */
  @Get(':id')
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Req() request: ReachedAt,
  ): Promise<ConnectionResponse> {
    const row = await this.uow.read(caller, (ctx) => this.connections.get(ctx, id));
    return toConnectionResponse(row, this.providers, request);
  }

  /**
   * Changes a connection; settings are merged. New credentials are checked with a live call. A paused connection
   * resumes when they are accepted.
   */
  @Put(':id')
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateConnectionRequest,
    @Req() request: ReachedAt,
  ): Promise<ConnectionResponse> {
    const before = await this.uow.run(caller, (ctx) => this.connections.get(ctx, id));
    const row = await this.connect.update(caller, id, {
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(body.is_default === undefined ? {} : { isDefault: body.is_default }),
      ...(body.sync_config ? { syncConfig: parseSyncConfig(body.sync_config, before.syncConfig) } : {}),
      ...(body.metadata ? { metadata: body.metadata } : {}),
      ...(body.encrypted_secret_data ? { secretData: body.encrypted_secret_data } : {}),
      ...(body.webhook_secret_overlap_hours === undefined
        ? {}
        : { webhookSecretOverlapHours: body.webhook_secret_overlap_hours }),
    });
    return toConnectionResponse(row, this.providers, request);
  }

  /** Deletes a connection. What was synced stays at the provider; nothing is sent to it any more. */
  @Delete(':id')
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.connections.delete(ctx, id));
    return { message: 'connection deleted successfully' };
  }

  /** Checks the stored credentials with one live call. */
  @Post(':id/test')
  @HttpCode(200)
  @InSteps()
  async test(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Req() request: ReachedAt,
  ): Promise<ConnectionTestResponse> {
    const { connection, error } = await this.connect.test(caller, id);
    return {
      ok: error === undefined,
      message: error?.message ?? null,
      connection: toConnectionResponse(connection, this.providers, request),
    };
  }
}

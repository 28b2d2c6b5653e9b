import { Injectable, Logger } from '@nestjs/common';
import { BillingError, validationError } from '../domain/errors.js';
import type { Caller } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { newId } from '../platform/ids.js';
import { WallClock } from '../platform/time/clock.js';
import type { ProviderAccount, ProviderAdapter, ProviderSession } from '../providers/provider-adapter.js';
import { ProviderError } from '../providers/provider-error.js';
import { ProvidersService } from '../providers/providers.service.js';
import { ConnectionsService, type ConnectionChange } from './connections.service.js';
import type { Connection, SyncConfig } from './connections.types.js';
import { readCredentials, type GivenCredentials } from './credentials.js';
import { ProviderClocks } from './provider-clocks.flow.js';
import { ProviderSessionsService } from './provider-sessions.service.js';

export interface ConnectInput {
  readonly provider: string;
  readonly name: string;
  readonly secretData?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly syncConfig: SyncConfig;
  readonly isDefault?: boolean;
}

/** The step of a request that has stored a connection. */
const CONNECTED = 'connected';

/** Makes, changes and tests connections: the provider is asked first, and only what it has accepted is stored. */
@Injectable()
export class ConnectFlow {
  private readonly logger = new Logger(ConnectFlow.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly providers: ProvidersService,
    private readonly sessions: ProviderSessionsService,
    private readonly connections: ConnectionsService,
    private readonly clock: WallClock,
    private readonly clocks: ProviderClocks,
  ) {}

  async create(caller: Caller, input: ConnectInput): Promise<Connection> {
    const adapter = this.providers.get(input.provider);
    const earlier = caller.progress?.noted(CONNECTED);
    if (earlier !== undefined) {
      const connected = await this.uow.run(caller, (ctx) => this.connections.get(ctx, earlier));
      const session = this.sessions.openWith(connected, this.sessions.credentials(connected));
      return this.registerWebhook(caller, adapter, session, connected);
    }
    const given = readCredentials(adapter.credentialFields, adapter.provider, input);
    const target = {
      id: newId('connection'),
      provider: adapter.provider,
      environmentId: caller.scope.environmentId,
    };
    const session = this.sessions.openWith(target, { ...given.settings, ...given.secrets });
    const account = await this.verify(adapter, session);
    const connection = await this.uow.run(caller, async (ctx) => {
      await ctx.progress?.note(ctx, { [CONNECTED]: target.id });
      return this.connections.create(ctx, {
        id: target.id,
        name: input.name,
        adapter,
        given,
        syncConfig: input.syncConfig,
        isDefault: input.isDefault,
        account,
      });
    });
    await this.clocks.align(caller, connection);
    return this.registerWebhook(caller, adapter, session, connection);
  }

  async update(
    caller: Caller,
    id: string,
    input: ConnectionChange & { secretData?: Readonly<Record<string, unknown>> },
  ): Promise<Connection> {
    const before = await this.uow.run(caller, (ctx) => this.connections.get(ctx, id));
    const adapter = this.providers.get(before.provider);
    const known = this.sessions.credentials(before);
    const given = readCredentials(adapter.credentialFields, adapter.provider, input, known);
    const changed = Object.keys(given.secrets).length + Object.keys(given.settings).length > 0;
    const replaced = changed
      ? { given, account: await this.verifyMerged(adapter, before, given) }
      : undefined;
    return this.uow.run(caller, (ctx) =>
      this.connections.update(ctx, id, adapter, { ...input, metadata: given.metadata }, replaced),
    );
  }

  /** One live call with the stored credentials. Success resumes a paused connection. */
  async test(
    caller: Caller,
    id: string,
  ): Promise<{ connection: Connection; error: ProviderError | undefined }> {
    const before = await this.uow.run(caller, (ctx) => this.connections.get(ctx, id));
    const session = this.sessions.openWith(before, this.sessions.credentials(before));
    let error: ProviderError | undefined;
    try {
      await session.verify();
    } catch (thrown) {
      if (!(thrown instanceof ProviderError)) throw thrown;
      error = thrown;
    }
    const connection = await this.uow.run(caller, async (ctx) => {
      if (error === undefined) await this.connections.recordSuccess(ctx, id);
      else await this.connections.recordFailure(ctx, id, error);
      return this.connections.get(ctx, id);
    });
    return { connection, error };
  }

  private verifyMerged(
    adapter: ProviderAdapter,
    before: Connection,
    given: GivenCredentials,
  ): Promise<ProviderAccount> {
    const credentials = { ...this.sessions.credentials(before), ...given.settings, ...given.secrets };
    return this.verify(adapter, this.sessions.openWith(before, credentials));
  }

  private async verify(adapter: ProviderAdapter, session: ProviderSession): Promise<ProviderAccount> {
    try {
      return await session.verify();
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.retryable)
        throw new BillingError(
          'service_unavailable',
          `${adapter.displayName} could not be asked whether the credentials are right: ${error.message}`,
          { cause: error },
        );
      const field =
        (error.kind === 'forbidden' ? undefined : error.param) ??
        adapter.credentialFields.find((one) => one.secret && one.required)?.name ??
        'name';
      throw validationError(`${adapter.displayName} refused the credentials: ${error.message}`, {
        fields: { [field]: error.message },
        provider_code: error.code,
        request_id: error.requestId,
      });
    }
  }

  /**
   * With a public URL and no secret, the endpoint is registered by us. That it could not be is no reason to
   * refuse a connection: the secret can be given later, and the response says how.
   */
  private async registerWebhook(
    caller: Caller,
    adapter: ProviderAdapter,
    session: ProviderSession,
    connection: Connection,
  ): Promise<Connection> {
    const url = this.providers.webhookUrl(connection.provider, connection.id);
    const field = adapter.webhooks.secretField;
    if (url === undefined || session.webhookEndpoints === undefined || connection.credentials[field])
      return connection;
    try {
      const { secret } = await session.webhookEndpoints.register(url, {
        key: `${connection.id}:webhook`,
        firstTriedAt: this.clock.now(),
        number: 1,
      });
      const given = { secrets: { [field]: secret }, settings: {}, metadata: {} };
      const account = {
        accountId: connection.accountId ?? undefined,
        livemode: connection.livemode ?? undefined,
      };
      return await this.uow.run(caller, (ctx) =>
        this.connections.update(ctx, connection.id, adapter, {}, { given, account }),
      );
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      this.logger.warn({
        event: 'connection.webhook_not_registered',
        connection_id: connection.id,
        err: error,
      });
      // A key that may not register webhooks can do everything else: that it was refused pauses nothing.
      const failure = new ProviderError(
        'invalid',
        `the webhook could not be registered: ${error.message}. Enter webhook_url at ${adapter.displayName}, ` +
          `select ${adapter.webhooks.events.join(', ')}, and give the connection its ${field}`,
        { code: error.code, cause: error },
      );
      return this.uow.run(caller, async (ctx) => {
        await this.connections.recordFailure(ctx, connection.id, failure);
        return this.connections.get(ctx, connection.id);
      });
    }
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { invalidOperation } from '../domain/errors.js';
import { WallClock } from '../platform/time/clock.js';
import { SECRET_BOX, SecretBox } from '../platform/secrets/secret-box.js';
import type { ProviderCall, ProviderSession } from '../providers/provider-adapter.js';
import { ProvidersService } from '../providers/providers.service.js';
import type { Connection } from './connections.types.js';
import { openCredential } from './credentials.js';

/** Opens provider sessions. Only files named `*.flow.ts` may use it: what talks to a provider is easy to find. */
@Injectable()
export class ProviderSessionsService {
  constructor(
    @Inject(SECRET_BOX) private readonly box: SecretBox,
    private readonly providers: ProvidersService,
    private readonly clock: WallClock,
  ) {}

  /** With `until`, no call goes out after that: the work is somebody else's then. */
  open(connection: Connection, onCall?: (call: ProviderCall) => void, until?: Date): ProviderSession {
    if (connection.connectionState === 'paused')
      throw invalidOperation(
        `the connection ${connection.name} is paused: ${connection.pausedReason ?? 'its credentials were refused'}`,
        'connection_paused',
        { connection_id: connection.id },
      );
    return this.openWith(connection, this.credentials(connection), onCall, until);
  }

  /** A session with credentials that are not stored yet, or of a connection that is to be tested although it is paused. */
  openWith(
    connection: Pick<Connection, 'id' | 'environmentId' | 'provider'> &
      Partial<Pick<Connection, 'accountId'>>,
    credentials: Readonly<Record<string, string>>,
    onCall?: (call: ProviderCall) => void,
    until?: Date,
  ): ProviderSession {
    const { id: connectionId, environmentId, provider, accountId } = connection;
    return this.providers.open(
      provider,
      { connectionId, environmentId, credentials },
      accountId ?? undefined,
      onCall,
      until,
    );
  }

  credentials(connection: Connection): Readonly<Record<string, string>> {
    const opened = Object.entries(connection.credentials).map(([name, { sealed }]): [string, string] => [
      name,
      openCredential(this.box, this.owner(connection), name, sealed),
    ]);
    return { ...connection.settings, ...Object.fromEntries(opened) };
  }

  /** The signing secrets that an incoming webhook may carry: the present one, and the one before it for a while. */
  webhookSecrets(connection: Pick<Connection, 'id' | 'tenantId' | 'provider' | 'credentials'>): string[] {
    const { secretField } = this.providers.get(connection.provider).webhooks;
    const credential = connection.credentials[secretField];
    if (credential === undefined) return [];
    const { sealed, previous } = credential;
    const current =
      previous !== undefined && new Date(previous.until) > this.clock.now() ? [previous.sealed] : [];
    return [sealed, ...current].map((envelope) =>
      openCredential(this.box, this.owner(connection), secretField, envelope),
    );
  }

  private owner(connection: Pick<Connection, 'id' | 'tenantId'>): { tenantId: string; connectionId: string } {
    return { tenantId: connection.tenantId, connectionId: connection.id };
  }
}

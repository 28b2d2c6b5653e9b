import { PaginationResponse } from '../../platform/http/list-query.js';
import type { ProvidersService } from '../../providers/providers.service.js';
import type { Connection, SyncConfig, WebhookHealth } from '../../connections/connections.types.js';

export class CredentialResponse {
  /** @example "4242" */
  last4!: string;
  /** Until then the credential before this one is accepted too. */
  previous_valid_until!: string | null;
}

export class WebhookHealthResponse {
  /**
   * `ok`; `failing`: no delivery was accepted since; `disabled` by the provider, after too many failures; `off`: a person
   * has switched it off there; `missing`: there is none that points here; `unknown`: we may not ask.
   */
  state!: 'ok' | 'failing' | 'disabled' | 'off' | 'missing' | 'unknown';
  reason!: string | null;
  since!: string | null;
  /** How many deliveries in a row were not accepted. */
  failures!: number;
  checked_at!: string;
  /** When the provider was last asked to tell again what has failed, and since when. */
  replayed_at!: string | null;
  replayed_from!: string | null;
}

export class ConnectionHealthResponse {
  /** `active`, or `paused` when the provider has refused the credentials. */
  state!: 'active' | 'paused';
  paused_reason!: string | null;
  last_success_at!: Date | null;
  last_error_at!: Date | null;
  last_error!: string | null;
  /** How the provider's webhook to us does. Null where the provider does not tell, or was not asked yet. */
  webhook!: WebhookHealthResponse | null;
}

export class ConnectionResponse {
  id!: string;
  name!: string;
  provider_type!: string;
  /** The same as `provider_type`, as the guides write it. */
  provider!: string;
  is_default!: boolean;
  sync_config!: SyncConfig;
  /** Secrets by name: their last four characters, nothing more. */
  credentials!: Record<string, CredentialResponse>;
  /** What is no secret: ids, publishable keys. */
  settings!: Record<string, string>;
  metadata!: Record<string, string>;
  /** The provider's id of the account, where it tells. */
  account_id!: string | null;
  livemode!: boolean | null;
  /** To be entered at the provider as webhook endpoint. */
  webhook_url!: string;
  /** Events to subscribe to there. */
  webhook_events!: string[];
  health!: ConnectionHealthResponse;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListConnectionsResponse {
  items!: ConnectionResponse[];
  pagination!: PaginationResponse;
}

export class ConnectionTestResponse {
  ok!: boolean;
  /** Why not, in the provider's words. */
  message!: string | null;
  connection!: ConnectionResponse;
}

/** Without a public URL of its own the server is where this request has found it. */
export interface ReachedAt {
  readonly protocol: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export function toConnectionResponse(
  row: Connection,
  providers: ProvidersService,
  { protocol, headers }: ReachedAt,
): ConnectionResponse {
  const origin = `${protocol}://${String(headers.host)}`;
  const events = providers.find(row.provider)?.webhooks.events ?? [];
  return {
    id: row.id,
    name: row.name,
    provider_type: row.provider,
    provider: row.provider,
    is_default: row.isDefault,
    sync_config: row.syncConfig,
    credentials: Object.fromEntries(
      Object.entries(row.credentials).map(([name, { last4, previous }]) => [
        name,
        { last4, previous_valid_until: previous?.until ?? null },
      ]),
    ),
    settings: row.settings,
    metadata: row.metadata,
    account_id: row.accountId,
    livemode: row.livemode,
    webhook_url: providers.webhookUrl(row.provider, `${row.tenantId}/${row.environmentId}`, origin) ?? '',
    webhook_events: [...events],
    health: {
      state: row.connectionState,
      paused_reason: row.pausedReason,
      last_success_at: row.lastSuccessAt,
      last_error_at: row.lastErrorAt,
      last_error: row.lastError,
      webhook: row.webhookHealth === null ? null : shownHealth(row.webhookHealth),
    },
    tenant_id: row.tenantId,
    environment_id: row.environmentId,
    status: row.status,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    created_by: row.createdBy,
    updated_by: row.updatedBy,
  };
}

const shownHealth = (health: WebhookHealth): WebhookHealthResponse => ({
  state: health.state,
  reason: health.reason ?? null,
  since: health.since ?? null,
  failures: health.failures,
  checked_at: health.checkedAt,
  replayed_at: health.replayedAt ?? null,
  replayed_from: health.replayedFrom ?? null,
});

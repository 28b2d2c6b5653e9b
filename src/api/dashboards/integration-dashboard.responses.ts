export class OutcomesResponse {
  succeeded!: number;
  failed!: number;
  /** Still to be done, or being tried again. */
  in_progress!: number;
  /** Not needed any more, or without meaning here. */
  skipped!: number;
  /** Succeeded of all that are decided, from 0 to 1. Null where none is. */
  success_rate!: number | null;
}

export class ConnectionOutcomesResponse extends OutcomesResponse {
  connection_id!: string;
}

export class SyncHealthResponse extends OutcomesResponse {
  by_connection!: ConnectionOutcomesResponse[];
}

export class StuckOperationResponse {
  id!: string;
  connection_id!: string;
  provider!: string;
  entity_type!: string;
  entity_id!: string;
  action!: string;
  /** `failed`, or what it is waiting in. */
  state!: string;
  attempts!: number;
  /** The words of the provider, or what it waits for. */
  reason!: string | null;
  created_at!: Date;
}

export class StuckOperationsResponse {
  /** At most 10,000. */
  count!: number;
  /** Ten, the oldest first. */
  items!: StuckOperationResponse[];
}

export class InboundWebhooksResponse extends OutcomesResponse {
  /** Of all times. */
  parked!: number;
}

export class FailingEndpointResponse {
  id!: string;
  url!: string;
  state!: string;
  failing_since!: Date | null;
  consecutive_failures!: number;
  disabled_reason!: string | null;
}

export class PausedConnectionResponse {
  id!: string;
  name!: string;
  provider!: string;
  reason!: string | null;
  last_error!: string | null;
  last_success_at!: Date | null;
}

export class ParkedJobsResponse {
  kind!: string;
  count!: number;
  oldest_at!: Date;
}

export class IntegrationDashboardResponse {
  as_of!: Date;
  sync!: SyncHealthResponse;
  /** That have failed, or wait for more than an hour. */
  stuck_operations!: StuckOperationsResponse;
  webhooks_in!: InboundWebhooksResponse;
  webhooks_out!: OutcomesResponse;
  failing_endpoints!: FailingEndpointResponse[];
  paused_connections!: PausedConnectionResponse[];
  parked_jobs!: ParkedJobsResponse[];
  /** False where there was more in these days than the newest 50,000 operations, webhook events or deliveries. */
  is_complete!: boolean;
}

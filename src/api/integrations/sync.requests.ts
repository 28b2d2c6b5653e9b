import { ListRequest } from '../../platform/http/list-query.js';
import { AlsoNamed, Optional } from '../../platform/http/fields.js';
import { IsId, IsWord, IsWordList } from '../../platform/http/text-fields.js';

export class ListOperationsQuery extends ListRequest {
  @Optional()
  @IsId()
  connection_id?: string;

  @Optional()
  @IsId()
  provider?: string;

  @Optional()
  @IsId()
  entity_type?: string;

  @Optional()
  @IsId()
  entity_id?: string;

  @Optional()
  @IsWordList(['pending', 'running', 'retrying', 'succeeded', 'failed', 'skipped'])
  state?: string[];
}

export class ListWebhookEventsQuery extends ListRequest {
  @Optional()
  @IsId()
  connection_id?: string;

  @Optional()
  @IsId()
  provider?: string;

  /** The provider's name of the event: `invoice.paid`. */
  @Optional()
  @IsId()
  type?: string;

  @Optional()
  @IsWordList(['received', 'handled', 'skipped', 'retrying', 'parked'])
  state?: string[];
}

export class SyncInvoiceQuery {
  /** `true`: the answer comes when it is done. */
  @Optional()
  @IsWord(['true', 'false'])
  wait?: string;

  /** Another connection than the provider's default one. */
  @Optional()
  @IsId()
  connection_id?: string;
}

export class SyncEntityRequest {
  @IsId()
  provider!: string;

  @Optional()
  @IsWord(['flexprice_to_provider', 'provider_to_flexprice'])
  sync_direction?: string;

  @Optional()
  @IsId()
  customer_id?: string;

  @Optional()
  @IsId()
  invoice_id?: string;

  @Optional()
  @IsId()
  plan_id?: string;
}

export class SyncIntegrationRequest {
  @IsWord(['customer', 'invoice', 'plan'])
  entity_type!: 'customer' | 'invoice' | 'plan';

  /** Left out with `sync_direction` provider_to_flexprice, which imports all plans. */
  @Optional()
  @IsId()
  entity_id?: string;

  /** Also `provider`. */
  @AlsoNamed('provider')
  @IsId()
  provider_type!: string;

  @Optional()
  @IsWord(['flexprice_to_provider', 'provider_to_flexprice'])
  sync_direction?: string;
}

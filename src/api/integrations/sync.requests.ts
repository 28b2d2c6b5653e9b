import { ListRequest } from '../../platform/http/list-query.js';
import { Alias, Optional } from '../../platform/http/fields.js';
import { IsId, IsOneOf, IsOneOfList } from '../../platform/http/text-fields.js';

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
  @IsOneOfList(['pending', 'running', 'retrying', 'succeeded', 'failed', 'skipped'])
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
  @IsOneOfList(['received', 'handled', 'skipped', 'retrying', 'parked'])
  state?: string[];
}

export class SyncInvoiceQuery {
  /** `true`: the answer comes when it is done. */
  @Optional()
  @IsOneOf(['true', 'false'])
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
  @IsOneOf(['flexprice_to_provider', 'provider_to_flexprice'])
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
  @IsOneOf(['customer', 'invoice', 'plan'])
  entity_type!: 'customer' | 'invoice' | 'plan';

  /** Left out with `sync_direction` provider_to_flexprice, which imports all plans. */
  @Optional()
  @IsId()
  entity_id?: string;

  /** Also `provider`. */
  @Alias('provider')
  @IsId()
  provider_type!: string;

  @Optional()
  @IsOneOf(['flexprice_to_provider', 'provider_to_flexprice'])
  sync_direction?: string;
}

import { IsString, MinLength } from 'class-validator';
import { AlsoNamed, IsWord, IsWordList, Optional } from '../../platform/http/fields.js';
import { ListRequest } from '../../platform/http/list-query.js';

export class ListOperationsQuery extends ListRequest {
  @Optional()
  @IsString()
  connection_id?: string;

  @Optional()
  @IsString()
  provider?: string;

  @Optional()
  @IsString()
  entity_type?: string;

  @Optional()
  @IsString()
  entity_id?: string;

  @Optional()
  @IsWordList(['pending', 'running', 'retrying', 'succeeded', 'failed', 'skipped'])
  state?: string[];
}

export class ListWebhookEventsQuery extends ListRequest {
  @Optional()
  @IsString()
  connection_id?: string;

  @Optional()
  @IsString()
  provider?: string;

  /** The provider's name of the event: `invoice.paid`. */
  @Optional()
  @IsString()
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
  @IsString()
  connection_id?: string;
}

export class SyncEntityRequest {
  @IsString()
  @MinLength(1)
  provider!: string;

  @Optional()
  @IsWord(['flexprice_to_provider', 'provider_to_flexprice'])
  sync_direction?: string;

  @Optional()
  @IsString()
  customer_id?: string;

  @Optional()
  @IsString()
  invoice_id?: string;

  @Optional()
  @IsString()
  plan_id?: string;
}

export class SyncIntegrationRequest {
  @IsWord(['customer', 'invoice', 'plan'])
  entity_type!: 'customer' | 'invoice' | 'plan';

  /** Left out with `sync_direction` provider_to_flexprice, which imports all plans. */
  @Optional()
  @IsString()
  @MinLength(1)
  entity_id?: string;

  /** Also `provider`. */
  @AlsoNamed('provider')
  @IsString()
  @MinLength(1)
  provider_type!: string;

  @Optional()
  @IsWord(['flexprice_to_provider', 'provider_to_flexprice'])
  sync_direction?: string;
}

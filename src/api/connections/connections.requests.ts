import { IsBoolean } from 'class-validator';
import { SearchRequest } from '../../platform/http/list-query.js';
import { Alias, Optional } from '../../platform/http/fields.js';
import { IsJson, IsStringMap } from '../../platform/http/json-fields.js';
import { IsWhole } from '../../platform/http/number-fields.js';
import { IsId, IsText } from '../../platform/http/text-fields.js';

export class CreateConnectionRequest {
  /** @example "Stripe Production" */
  @IsText({ min: 1, max: 200 })
  name!: string;

  /**
   * Which provider: `stripe`, `whop`. The guides write `provider`.
   * @example "stripe"
   */
  @Alias('provider')
  @IsId()
  provider_type!: string;

  /**
   * The credentials, by name. They are sealed at rest and never come back; the response shows the last four characters.
   * @example { "secret_key": "sk_test_…", "webhook_secret": "whsec_…" }
   */
  @Optional()
  @IsJson({ nulls: false })
  encrypted_secret_data?: Record<string, unknown>;

  /** Free-form. Credentials found in here, as the guides write them, are moved out and sealed. */
  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  /**
   * What to keep in step, by kind of entity and direction. `{customer_outbound_enabled: true}` is the same as
   * `{customer: {outbound: true}}`. Everything is off until switched on.
   * @example { "customer": { "inbound": false, "outbound": true }, "invoice": { "outbound": true } }
   */
  @Optional()
  @IsJson({ nulls: false })
  sync_config?: Record<string, unknown>;

  /** Makes this the connection of its provider that is meant where a request names only the provider. The first one is. */
  @Optional()
  @IsBoolean()
  is_default?: boolean;
}

export class UpdateConnectionRequest {
  @Optional()
  @IsText({ min: 1, max: 200 })
  name?: string;

  /** Only what is given is replaced. A replaced webhook secret keeps verifying for three more days. */
  @Optional()
  @IsJson({ nulls: false })
  encrypted_secret_data?: Record<string, unknown>;

  /**
   * Hours for which the webhook secret that is replaced keeps verifying: 0 to 168, 72 when left out. 0 ends it at once. Without
   * a new secret, it shortens the time of the one that was replaced before.
   */
  @Optional()
  @IsWhole({ min: 0, max: 168 })
  webhook_secret_overlap_hours?: number;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @IsJson({ nulls: false })
  sync_config?: Record<string, unknown>;

  @Optional()
  @IsBoolean()
  is_default?: boolean;
}

export class SearchConnectionsRequest extends SearchRequest {
  @Optional()
  @Alias('provider')
  @IsId()
  provider_type?: string;
}

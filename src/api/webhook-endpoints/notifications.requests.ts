import { IsBoolean } from 'class-validator';
import { ListRequest } from '../../platform/http/list-query.js';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../../notifications/webhook-events.types.js';
import { MOST_PROSE } from '../../platform/http/bounds.js';
import { Optional } from '../../platform/http/fields.js';
import { IsStringMap } from '../../platform/http/json-fields.js';
import { IsWhole } from '../../platform/http/number-fields.js';
import { IsId, IsText, IsOneOfList } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

const MOST_HOURS = 7 * 24;

export class CreateWebhookEndpointRequest {
  /** Where messages are sent by POST. `https://`; plain `http://` and private networks only where the server allows them. */
  @IsText({ min: 1, max: MOST_PROSE })
  url!: string;

  @Optional()
  @IsText({ max: 500 })
  description?: string;

  /** What it wants to hear of; left out, everything. */
  @Optional()
  @IsOneOfList(WEBHOOK_EVENT_TYPES, { least: 1 })
  event_types?: WebhookEventType[];

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class UpdateWebhookEndpointRequest {
  @Optional()
  @IsText({ min: 1, max: MOST_PROSE })
  url?: string;

  @Optional()
  @IsText({ max: 500 })
  description?: string;

  /** Replaces what it heard of; an empty list means everything. */
  @Optional()
  @IsOneOfList(WEBHOOK_EVENT_TYPES)
  event_types?: WebhookEventType[];

  /** False: nothing is sent to it, and what happens meanwhile is not told later. True also forgets its failures. */
  @Optional()
  @IsBoolean()
  enabled?: boolean;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class RotateWebhookSecretRequest {
  /** For so long messages are signed with the old secret as well: 0 to 168, 24 when left out. */
  @Optional()
  @IsWhole({ min: 0, max: MOST_HOURS })
  overlap_hours?: number;
}

export class ResendFailedRequest {
  /** Deliveries made then or later. Messages are kept for 30 days. */
  @IsInstant({ ever: true })
  since!: Date;
}

export class ListWebhookMessagesQuery extends ListRequest {
  @Optional()
  @IsId()
  type?: string;

  @Optional()
  @IsId()
  entity_id?: string;
}

export class ListWebhookDeliveriesQuery extends ListRequest {
  @Optional()
  @IsId()
  endpoint_id?: string;

  @Optional()
  @IsId()
  message_id?: string;

  @Optional()
  @IsOneOfList(['pending', 'succeeded', 'failed'])
  state?: string[];
}

import {
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { IsInstant, IsStringMap, IsWordList, Optional } from '../platform/http/fields.js';
import { ListRequest } from '../platform/http/list-query.js';
import { EVENT_TYPES } from './event-catalogue.js';

const MOST_HOURS = 7 * 24;

export class CreateWebhookEndpointRequest {
  /** Where messages are sent by POST. `https://`; plain `http://` and private networks only where the server allows them. */
  @IsString()
  @MinLength(1)
  @MaxLength(2000)
  url!: string;

  @Optional()
  @IsString()
  @MaxLength(500)
  description?: string;

  /** What it wants to hear of; left out, everything. */
  @Optional()
  @IsArray()
  @ArrayMinSize(1)
  @IsWordList(EVENT_TYPES)
  event_types?: string[];

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class UpdateWebhookEndpointRequest {
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(2000)
  url?: string;

  @Optional()
  @IsString()
  @MaxLength(500)
  description?: string;

  /** Replaces what it heard of; an empty list means everything. */
  @Optional()
  @IsArray()
  @IsWordList(EVENT_TYPES)
  event_types?: string[];

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
  @IsInt()
  @Min(0)
  @Max(MOST_HOURS)
  overlap_hours?: number;
}

export class ResendFailedRequest {
  /** Deliveries made then or later. Messages are kept for 30 days. */
  @IsInstant()
  since!: Date;
}

export class ListWebhookMessagesQuery extends ListRequest {
  @Optional()
  @IsString()
  type?: string;

  @Optional()
  @IsString()
  entity_id?: string;
}

export class ListWebhookDeliveriesQuery extends ListRequest {
  @Optional()
  @IsString()
  endpoint_id?: string;

  @Optional()
  @IsString()
  message_id?: string;

  @Optional()
  @IsWordList(['pending', 'succeeded', 'failed'])
  state?: string[];
}

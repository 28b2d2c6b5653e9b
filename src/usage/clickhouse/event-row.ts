import { createHash } from 'node:crypto';
import { formatRate, parseQuantity } from '../../domain/rate.js';
import type { Scope } from '../../platform/context.js';
import { writeJson } from '../../platform/exact-json.js';
import type { IncomingEvent } from '../usage.types.js';
import { jsonText, propertyText } from './property-text.js';

/** An event on its way into the store, with what tells it from its copies. */
export interface Entry {
  readonly scope: Scope;
  readonly event: IncomingEvent;
  readonly receivedAt: Date;
  /** Of everything but the times. */
  readonly contentHash: string;
}

export const entryOf = (scope: Scope, event: IncomingEvent, receivedAt: Date): Entry => ({
  scope,
  event,
  receivedAt,
  contentHash: hashOf(event).readBigUInt64BE().toString(),
});

/** Ids are unique in an environment. */
export const keyOf = ({ scope, event }: Entry): string => `${scope.environmentId} ${event.id}`;

/** A row of `usage_events`. Quantities are read here, by the domain's own rules: no SQL has to know them. */
export function eventRow({ scope, event, receivedAt }: Entry): Record<string, unknown> {
  const texts: [string, string][] = [];
  const quantities: [string, string][] = [];
  for (const [name, value] of Object.entries(event.properties)) {
    const text = propertyText(value);
    if (text !== undefined) texts.push([name, text]);
    const quantity = quantityText(value);
    if (quantity !== undefined) quantities.push([name, quantity]);
  }
  return {
    tenant_id: scope.tenantId,
    environment_id: scope.environmentId,
    event_name: event.eventName,
    external_customer_id: event.externalCustomerId,
    occurred_at: event.occurredAt.getTime(),
    id: event.id,
    source: event.source,
    received_at: receivedAt.getTime(),
    properties: writeJson(event.properties),
    // fromEntries defines what assignment would not: a property named __proto__.
    texts: Object.fromEntries(texts),
    quantities: Object.fromEntries(quantities),
  };
}

/** As the domain reads it; most are whole numbers, which need no decimals to be read. */
function quantityText(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return String(value);
  const quantity = parseQuantity(value);
  return quantity === undefined ? undefined : formatRate(quantity);
}

/** A row of `usage_event_conflicts`. */
export const conflictRow = ({ scope, event, receivedAt }: Entry): Record<string, unknown> => ({
  tenant_id: scope.tenantId,
  environment_id: scope.environmentId,
  event_id: event.id,
  content_hash: hashOf(event, event.isTimed ? event.occurredAt : null).toString('base64url'),
  event_name: event.eventName,
  external_customer_id: event.externalCustomerId,
  source: event.source,
  occurred_at: event.occurredAt.getTime(),
  is_timed: event.isTimed,
  received_at: receivedAt.getTime(),
  properties: writeJson(event.properties),
});

const hashOf = (event: IncomingEvent, occurredAt: Date | null = null): Buffer =>
  createHash('sha256')
    .update(
      JSON.stringify([
        event.eventName,
        event.externalCustomerId,
        event.source,
        occurredAt,
        jsonText(event.properties),
      ]),
    )
    .digest();

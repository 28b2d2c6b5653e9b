import { parseInstant } from '../platform/http/fields.js';
import type { IncomingEvent } from './usage.types.js';

const MAX_NAME = 255;

/**
 * Reads one event of a request body. Written by hand: a bulk call has a thousand of them, and class-validator
 * costs fifty times as much. Returns the event, or what is wrong by field.
 */
export function readEvent(
  value: unknown,
  defaults: { readonly now: Date; newId(): string },
): IncomingEvent | Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { '': 'an event must be a JSON object' };
  const body = value as Record<string, unknown>;
  const errors: Record<string, string> = {};
  const text = (field: string, required: boolean, given: unknown = body[field]): string | undefined => {
    if (given === undefined || given === null || given === '') {
      if (required) errors[field] = `${field} is required`;
      return undefined;
    }
    if (typeof given !== 'string' || given.length > MAX_NAME) {
      errors[field] = `${field} must be a string of at most ${MAX_NAME} characters`;
      return undefined;
    }
    return given;
  };
  const id = text('event_id', false, body.event_id ?? body.idempotency_key);
  const eventName = text('event_name', true);
  const externalCustomerId = text(
    'external_customer_id',
    true,
    body.external_customer_id ?? body.customer_id,
  );
  const source = text('source', false);
  let occurredAt = defaults.now;
  if (body.timestamp !== undefined && body.timestamp !== null && body.timestamp !== '') {
    const parsed = parseInstant(body.timestamp);
    if (parsed === undefined) errors.timestamp = 'timestamp must be an RFC 3339 time with a zone';
    else occurredAt = parsed;
  }
  const properties = body.properties ?? {};
  if (typeof properties !== 'object' || Array.isArray(properties))
    errors.properties = 'properties must be a JSON object';
  if (Object.keys(errors).length > 0) return errors;
  return {
    id: id ?? defaults.newId(),
    eventName: eventName as string,
    externalCustomerId: externalCustomerId as string,
    source: source ?? null,
    occurredAt,
    properties: properties as Record<string, unknown>,
  };
}

export const isIncomingEvent = (read: IncomingEvent | Record<string, string>): read is IncomingEvent =>
  read.occurredAt instanceof Date;

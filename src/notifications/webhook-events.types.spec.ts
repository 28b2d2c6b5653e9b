import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PAYMENT_STATUSES } from '../domain/invoicing/invoice-states.js';
import {
  isSubscribed,
  namesOf,
  paymentEvent,
  SUBSCRIBED_EVENTS,
  WEBHOOK_EVENT_TYPES,
  WEBHOOK_EVENTS,
} from './webhook-events.types.js';

const SRC = path.resolve(__dirname, '..');
const NOT_WRITERS = /\.spec\.ts$|^notifications|^domain\/events\.ts$/;
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !NOT_WRITERS.test(file))
  .map((file) => readFileSync(path.join(SRC, file), 'utf8'))
  .join('\n');

describe('the catalogue of outbound webhooks', () => {
  it.each(SUBSCRIBED_EVENTS.map((event) => [event]))('%s is appended to the outbox somewhere', (event) => {
    // Those of the sync engine are made of a state: `integration.sync_${state}`.
    const made = [`'${event}'`, event.replace(/^integration\.sync_.*/, '`integration.sync_${')];
    expect(made.some((text) => sources.includes(text))).toBe(true);
  });

  it('sends every event under one subject', () => {
    for (const event of SUBSCRIBED_EVENTS)
      expect(new Set(namesOf(event).map((name) => WEBHOOK_EVENTS[name].subject)).size).toBe(1);
  });

  it('names the events that have one name by it, and the others in the order of the list', () => {
    expect(namesOf('subscription.created')).toEqual(['subscription.created', 'subscription.draft.created']);
    expect(namesOf('invoice.paid')).toEqual(['invoice.update.payment']);
    expect(namesOf('payment.changed')[0]).toBe('payment.created');
  });

  it('is the list of the documentation, with the keys of the subjects', () => {
    const page = readFileSync(path.join(SRC, '../docs/reference/webhook-events.md'), 'utf8');
    const documented = page
      .split('\n')
      .filter((line) => /^\| `[a-z_.]+\./.test(line))
      .flatMap((line) => {
        const [, names, key] = line.split('|') as [string, string, string];
        return [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => [name, key.trim().replaceAll('`', '')]);
      });
    expect(documented.sort()).toEqual(
      Object.entries(WEBHOOK_EVENTS)
        .map(([name, { subject }]) => [name, subject])
        .sort(),
    );
  });

  it('is the list of the OpenAPI', () => {
    const { components } = JSON.parse(readFileSync(path.join(SRC, '../openapi.json'), 'utf8')) as {
      components: { schemas: Record<string, any> };
    };
    const { event_types: shown } = components.schemas.CreateWebhookEndpointRequest.properties;
    expect(shown.items.enum).toEqual(WEBHOOK_EVENT_TYPES);
  });

  it('names payments by their status', () => {
    expect(Object.fromEntries(PAYMENT_STATUSES.map((status) => [status, paymentEvent(status)]))).toEqual({
      INITIATED: 'payment.created',
      PENDING: 'payment.pending',
      PROCESSING: 'payment.pending',
      SUCCEEDED: 'payment.success',
      FAILED: 'payment.failed',
      OVERPAID: 'payment.updated',
      REFUNDED: 'payment.updated',
      PARTIALLY_REFUNDED: 'payment.updated',
      VOIDED: 'payment.updated',
    });
  });

  it('an endpoint without a filter gets everything', () => {
    expect(isSubscribed(null, 'invoice.update')).toBe(true);
    expect(isSubscribed(['invoice.update'], 'invoice.update')).toBe(true);
    expect(isSubscribed(['customer.created'], 'invoice.update')).toBe(false);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EVENT_TYPES, HEARD_EVENTS, namesOf, paymentEvent, wants } from './webhook-events.types.js';

const SRC = path.resolve(__dirname, '..');
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.startsWith('notifications'))
  .map((file) => readFileSync(path.join(SRC, file), 'utf8'))
  .join('\n');

describe('the catalogue of outbound webhooks', () => {
  it.each(HEARD_EVENTS.map((event) => [event]))('%s is appended to the outbox somewhere', (event) => {
    // Some are made of a word that stands for the rest: `payment.dispute_${status}`.
    const made = [
      event,
      event.replace(/_(inquiry|inquiry_closed|open|lost|won|succeeded|failed|skipped)$/, '_${'),
    ];
    expect(made.some((text) => sources.includes(`'${text}'`) || sources.includes(`\`${text}`))).toBe(true);
  });

  it('tells of everything that it lists, and only of that', () => {
    const told = new Set(HEARD_EVENTS.flatMap((event) => namesOf(event)));
    expect([...told, 'webhook.test'].sort()).toEqual([...EVENT_TYPES].sort());
  });

  it('names payments by their status', () => {
    expect(
      ['INITIATED', 'PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'REFUNDED', 'VOIDED'].map(paymentEvent),
    ).toEqual([
      'payment.created',
      'payment.pending',
      'payment.pending',
      'payment.success',
      'payment.failed',
      'payment.updated',
      'payment.updated',
    ]);
  });

  it('null wants everything', () => {
    expect([wants(null, 'invoice.update'), wants(['invoice.update'], 'invoice.update')]).toEqual([
      true,
      true,
    ]);
    expect(wants(['customer.created'], 'invoice.update')).toBe(false);
  });
});

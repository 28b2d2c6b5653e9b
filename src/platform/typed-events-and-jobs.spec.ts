import type { Ctx, Scope } from './context.js';
import type { JobHandlers } from './jobs/job-handlers.js';
import type { JobQueue } from './jobs/job-queue.js';
import type { Outbox } from './outbox/outbox.js';
import type { OutboxEvent } from './outbox/outbox-event.js';
import type { OutboxSubscribers } from './outbox/outbox-subscribers.js';

/** The compiler checks this file: nothing of it runs, and a line that would compile after all fails `npm run types`. */
interface Parts {
  readonly ctx: Ctx;
  readonly scope: Scope;
  readonly outbox: Outbox;
  readonly subscribers: OutboxSubscribers;
  readonly queue: JobQueue;
  readonly handlers: JobHandlers;
}

const invoice = { entityType: 'invoice', entityId: 'inv_1' } as const;
const payment = { entityType: 'payment', entityId: 'pay_1' } as const;

const compiled: Record<string, (parts: Parts) => unknown> = {
  'an event': ({ ctx, outbox }) => [
    outbox.append(ctx, { type: 'invoice.finalized', entityType: 'invoice', entityId: 'inv_1' }),
    outbox.append(ctx, {
      type: 'price.replaced',
      entityType: 'price',
      entityId: 'price_1',
      payload: { replaced_by: 'price_2' },
    }),
    // @ts-expect-error -- a misspelt type
    outbox.append(ctx, { type: 'invoice.finalised', entityType: 'invoice', entityId: 'inv_1' }),
    // @ts-expect-error -- a type of no event
    outbox.append(ctx, { type: 'invoice.lost', entityType: 'invoice', entityId: 'inv_1' }),
    // @ts-expect-error -- the type of another entity
    outbox.append(ctx, { type: 'invoice.finalized', entityType: 'customer', entityId: 'cus_1' }),
    // @ts-expect-error -- an event without a payload
    outbox.append(ctx, { ...invoice, type: 'invoice.finalized', payload: { number: 'INV-1' } }),
    // @ts-expect-error -- its payload is missing
    outbox.append(ctx, { type: 'price.replaced', entityType: 'price', entityId: 'price_1' }),
    // @ts-expect-error -- a key of the payload is missing
    outbox.append(ctx, { ...invoice, type: 'invoice.paid', payload: { paid_through: null } }),
    outbox.append(ctx, {
      type: 'price.replaced',
      entityType: 'price',
      entityId: 'price_1',
      // @ts-expect-error -- a misspelt key
      payload: { replacedBy: 'price_2' },
    }),
    outbox.append(ctx, {
      type: 'customer.updated',
      entityType: 'customer',
      entityId: 'cus_1',
      // @ts-expect-error -- one key too many
      payload: { revision: 1, orgin: 'conn_1' },
    }),
    // @ts-expect-error -- a value of another list
    outbox.append(ctx, { ...payment, type: 'payment.changed', payload: { status: 'PAID' } }),
  ],

  'a subscription': ({ subscribers }) => {
    subscribers.register({ jobKind: 'taxes.inherit', eventTypes: ['customer.created'] });
    // @ts-expect-error -- a misspelt type
    subscribers.register({ jobKind: 'taxes.inherit', eventTypes: ['customer.create'] });
    // @ts-expect-error -- a misspelt kind
    subscribers.register({ jobKind: 'taxes.inherits', eventTypes: ['customer.created'] });
    // @ts-expect-error -- the handler of that kind expects another event
    subscribers.register({ jobKind: 'taxes.inherit', eventTypes: ['customer.created', 'customer.updated'] });
    // @ts-expect-error -- a job that no event makes
    subscribers.register({ jobKind: 'sync.run', eventTypes: ['customer.created'] });
    subscribers.register({
      jobKind: 'subscription.first_payment',
      eventTypes: ['invoice.paid'],
      // @ts-expect-error -- a misspelt key of the payload
      concerns: ({ payload }) => payload.billing_reasons === 'MANUAL',
    });
  },

  'an event that is read': () => {
    const read = (event: OutboxEvent<'invoice.paid' | 'invoice.voided'>): unknown => {
      // @ts-expect-error -- only one of them has it
      const reason: unknown = event.payload.billing_reason;
      // @ts-expect-error -- none of those that are subscribed to
      if (event.type === 'invoice.finalized') return reason;
      return event.type === 'invoice.paid' ? event.payload.paid_through?.length : undefined;
    };
    return read;
  },

  'a job': ({ ctx, scope, queue }) => [
    queue.enqueue(ctx, { kind: 'sync.run', payload: { operationId: 'sop_1' } }),
    // @ts-expect-error -- a misspelt kind
    queue.enqueue(ctx, { kind: 'sync.runs', payload: { operationId: 'sop_1' } }),
    // @ts-expect-error -- a misspelt key of the payload
    queue.enqueue(ctx, { kind: 'sync.run', payload: { operation_id: 'sop_1' } }),
    // @ts-expect-error -- the payload of another kind
    queue.enqueue(ctx, { kind: 'sync.run', payload: { connectionId: 'conn_1' } }),
    // @ts-expect-error -- it has no key
    queue.requeue(ctx, { kind: 'sync.run', payload: { operationId: 'sop_1' } }),
    // @ts-expect-error -- a misspelt kind
    queue.enqueueDurably(scope, 'webhook.stored', { receivedAt: new Date(0), webhooks: [] }),
    // @ts-expect-error -- a key of the payload is missing
    queue.enqueueDurably(scope, 'webhook.store', { receivedAt: new Date(0) }),
    // @ts-expect-error -- a misspelt kind
    queue.announcement('webhook.handled'),
    // @ts-expect-error -- a misspelt kind
    queue.insert(ctx.em, scope, [{ kind: 'sync.runs', payload: { operationId: 'sop_1' } }], () => undefined),
  ],

  'a handler': ({ handlers }) => {
    const done = Promise.resolve(undefined);
    handlers.register({ kind: 'sync.run', handle: ({ payload }) => (payload.operationId ? done : done) });
    // @ts-expect-error -- a misspelt kind
    handlers.register({ kind: 'sync.runs', handle: () => done });
    handlers.register({
      kind: 'sync.run',
      // @ts-expect-error -- a misspelt key of the payload
      handle: ({ payload }) => (payload.operationsId ? done : done),
    });
    handlers.register({
      kind: 'webhook.store',
      // @ts-expect-error -- a date comes back as a string
      handle: ({ payload }) => (payload.receivedAt.getTime() > 0 ? done : done),
    });
  },
};

it('what is misspelt does not compile', () => {
  expect(Object.keys(compiled)).toHaveLength(5);
});

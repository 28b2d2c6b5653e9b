import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../eventually.js';
import { newInvoice, remotesOf, settled, type Subject } from './lane.js';

export const OPERATIONS = [
  'push',
  'void',
  'settle_part',
  'mark_paid',
  'refund',
  'credit_note',
  'customer',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What is told there of each. */
export const TOLD: Readonly<Record<Operation, readonly [entityType: string, action: string]>> = {
  push: ['invoice', 'push'],
  void: ['invoice', 'void'],
  settle_part: ['invoice', 'settle_part'],
  mark_paid: ['invoice', 'mark_paid'],
  refund: ['payment', 'refund'],
  credit_note: ['invoice', 'settle_part'],
  customer: ['customer', 'push'],
};

const payOffline = (subject: Subject, amount: string): Promise<unknown> =>
  subject.lane.api.send('POST', '/payments', {
    destination_type: 'INVOICE',
    destination_id: subject.invoice.id,
    payment_method_type: 'OFFLINE',
    amount,
    currency: 'usd',
  });

/** Gives back 5.00 of what has been paid, if anything has. */
async function refund({ lane, invoice }: Subject): Promise<void> {
  const { items } = await lane.api.get(`/payments?destination_id=${invoice.id}&limit=100`);
  const paid = items.find((one: any) => one.payment_status === 'SUCCEEDED');
  if (paid !== undefined) await lane.api.send('POST', `/payments/${paid.id}/refunds`, { amount: '5.00' });
}

/**
 * What happens here, so that something has to be told there. What does not fit (an invoice with payments is not made void)
 * is refused, and then nothing has happened.
 */
export async function perform(operation: Operation, subject: Subject): Promise<Subject> {
  const { lane, invoice, customer } = subject;
  switch (operation) {
    case 'push':
      if (invoice === undefined) return { ...subject, invoice: await newInvoice(subject) };
      // By hand, whether it is there or not; somebody who does not wait for the answer.
      await Promise.race([
        lane.api.send('POST', `/integrations/invoices/${invoice.id}/sync/${lane.provider}`),
        delay(300),
      ]);
      return subject;
    case 'void':
      await lane.api.send('POST', `/invoices/${invoice.id}/void`);
      return subject;
    case 'settle_part':
      await payOffline(subject, '12.00');
      return subject;
    case 'mark_paid': {
      const { amount_remaining: rest } = await lane.api.get(`/invoices/${invoice.id}`);
      await payOffline(subject, rest as string);
      return subject;
    }
    case 'refund':
      await refund(subject);
      return subject;
    case 'credit_note':
      await lane.api.send('POST', '/creditnotes', {
        invoice_id: invoice.id,
        reason: 'BILLING_ERROR',
        line_items: [{ invoice_line_item_id: invoice.line_items[0].id, amount: '7.00' }],
      });
      return subject;
    case 'customer':
      await lane.api.send('PUT', `/customers/${customer.id}`, { name: `${customer.name} changed` });
      return subject;
  }
}

/** What the first operation needs before it: an invoice that is there, and for a refund one that was paid. */
export async function prepare(operation: Operation, subject: Subject): Promise<Subject> {
  const { lane } = subject;
  await settled(lane);
  if (operation === 'push') return subject;
  const ready = await perform('push', subject);
  await settled(lane);
  if (operation !== 'refund') return ready;
  if (lane.provider === 'whop') await payOffline(ready, '12.00');
  else {
    const [remote] = remotesOf(ready);
    await lane.road.submit(remote.hosted_invoice_url as string);
    await eventually('paid there', async () => {
      const { payment_status: status } = await lane.api.get(`/invoices/${ready.invoice.id}`);
      return status === 'SUCCEEDED';
    });
  }
  await settled(lane);
  return ready;
}

import { createHmac } from 'node:crypto';

/** The headers of a webhook that Stripe sends now, signed with the endpoint's secret. */
export function stripeHeaders(body: string, secret: string): Record<string, string> {
  const at = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return { 'content-type': 'application/json', 'stripe-signature': `t=${at},v1=${signature}` };
}

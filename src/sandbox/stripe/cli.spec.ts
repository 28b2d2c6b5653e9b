import { Fixture, newKey } from '../test-support.js';

/**
 * What the official CLI 1.52 sends for `stripe trigger`, call by call: no version header, parameters of older API
 * versions, test tokens. `{n}` stands for the id that the n-th call was answered with.
 */
type Call = readonly [method: string, path: string, body?: string];

const DESCRIPTION = 'description=(created by Stripe CLI)';
const CUSTOMER: Call = ['POST', '/v1/customers', DESCRIPTION];
const ITEM: Call = ['POST', '/v1/invoiceitems', `amount=2000&currency=usd&customer={0}&${DESCRIPTION}`];
const INVOICE: Call = [
  'POST',
  '/v1/invoices',
  `customer={0}&${DESCRIPTION}&pending_invoice_items_behavior=include`,
];
const PRODUCT: Call = ['POST', '/v1/products', `name=myproduct&${DESCRIPTION}`];
const SUBSCRIPTION: readonly Call[] = [
  [
    'POST',
    '/v1/customers',
    `${DESCRIPTION}&payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa`,
  ],
  PRODUCT,
  ['POST', '/v1/prices', 'product={1}&unit_amount=1500&currency=usd&recurring[interval]=month'],
  ['POST', '/v1/subscriptions', 'customer={0}&items[0][price]={2}'],
];
const PAYMENT = `confirm=true&currency=usd&payment_method_types[]=card&amount=2000&${DESCRIPTION}`;

const SEQUENCES: Readonly<Record<string, readonly Call[]>> = {
  'customer.created': [CUSTOMER],
  'product.created': [PRODUCT],
  'customer.subscription.created': SUBSCRIPTION,
  'customer.subscription.deleted': [...SUBSCRIPTION, ['DELETE', '/v1/subscriptions/{3}']],
  'invoice.finalized': [CUSTOMER, ITEM, INVOICE, ['POST', '/v1/invoices/{2}/finalize']],
  'invoice.sent': [
    ['POST', '/v1/customers', `email=bob@example.com&${DESCRIPTION}`],
    ITEM,
    ['POST', '/v1/invoices', `${INVOICE[2] ?? ''}&days_until_due=7&collection_method=send_invoice`],
    ['POST', '/v1/invoices/{2}/send'],
  ],
  'invoice.paid': [
    CUSTOMER,
    ['POST', '/v1/payment_methods/pm_card_visa/attach', 'customer={0}'],
    ITEM,
    INVOICE,
    ['POST', '/v1/invoices/{3}/pay', 'payment_method=pm_card_visa'],
  ],
  'invoice.payment_failed': [
    CUSTOMER,
    ['POST', '/v1/payment_methods/pm_card_chargeCustomerFail/attach', 'customer={0}'],
    ITEM,
    INVOICE,
    ['POST', '/v1/invoices/{3}/pay', 'payment_method=pm_card_chargeCustomerFail'],
  ],
  'invoice.voided': [
    CUSTOMER,
    ITEM,
    INVOICE,
    ['POST', '/v1/invoices/{2}/finalize'],
    ['POST', '/v1/invoices/{2}/void'],
  ],
  'payment_intent.succeeded': [
    [
      'POST',
      '/v1/payment_intents',
      `${PAYMENT}&payment_method=pm_card_visa&shipping[name]=Jenny&shipping[address][line1]=510 Townsend St`,
    ],
  ],
  'payment_intent.payment_failed': [
    ['POST', '/v1/payment_intents', `${PAYMENT}&payment_method=pm_card_chargeDeclined`],
  ],
  'setup_intent.succeeded': [
    [
      'POST',
      '/v1/setup_intents',
      `confirm=true&${DESCRIPTION}&payment_method=pm_card_visa&payment_method_types[]=card`,
    ],
  ],
  'checkout.session.completed': [
    PRODUCT,
    ['POST', '/v1/prices', 'product={0}&unit_amount=1500&currency=usd'],
    [
      'POST',
      '/v1/checkout/sessions',
      'success_url=https://httpbin.org/post&cancel_url=https://httpbin.org/post&mode=payment&line_items[0][price]={1}' +
        '&line_items[0][quantity]=2&payment_intent_data[shipping][name]=Jenny&payment_intent_data[shipping][address][line1]=x',
    ],
    ['GET', '/v1/payment_pages/{2}'],
    [
      'POST',
      '/v1/payment_methods',
      'type=card&card[token]=tok_visa&billing_details[email]=stripe@example.com',
    ],
    ['POST', '/v1/payment_pages/{2}/confirm', 'payment_method={4}&expected_amount=3000'],
  ],
  'charge.refunded': [
    ['POST', '/v1/payment_intents', `${PAYMENT}&payment_method=pm_card_visa`],
    ['POST', '/v1/refunds', 'payment_intent={0}'],
  ],
};

const fixture = new Fixture();
beforeAll(async () => fixture.start());
afterEach(async () => fixture.check());
afterAll(async () => fixture.stop());

test.each(Object.entries(SEQUENCES))('stripe trigger %s', async (event, calls) => {
  const key = newKey();
  const ids: string[] = [];
  const fill = (text: string): string =>
    text.replace(/\{(\d)\}/g, (_match, n: string) => ids[Number(n)] ?? '');
  const statuses: number[] = [];
  for (const [method, path, body = ''] of calls) {
    const answer = await fetch(`${fixture.sandbox.stripe.url}${fill(path)}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-www-form-urlencoded' },
      ...(method === 'POST' ? { body: fill(body) } : {}),
    });
    statuses.push(answer.status);
    ids.push(((await answer.json()) as { id?: string }).id ?? '');
  }
  const declined = event.endsWith('payment_failed');
  expect(statuses).toEqual(calls.map((_call, index) => (declined && index === calls.length - 1 ? 402 : 200)));
  const types = fixture.sandbox.stripe.objects('events', key).map((one) => (one as { type: string }).type);
  expect(types).toContain(event);
});

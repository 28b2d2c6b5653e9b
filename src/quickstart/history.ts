import { randomBytes } from 'node:crypto';
import { paid, until, type Api } from './http.js';
import { advance, type Journey, type World } from './stripe-journey.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;
const BULK = 1_000;
/** Of months before today that are simulated, those that the two journeys take. */
const JOURNEYS_TAKE = 2;
const MONTHS = 6;
/** So many days of the period that is running have passed when it is today. */
const BEGUN_DAYS = 5;

type Habit = 'pays' | 'overdue' | 'fails' | 'prepaid' | 'leaves';

interface Company {
  readonly name: string;
  readonly habit: Habit;
  /** Tokens in the first month, and how many percent more each month. */
  readonly tokens: number;
  readonly growth: number;
}

const COMPANIES: readonly Company[] = [
  { name: 'Globex', habit: 'pays', tokens: 2_400_000, growth: 18 },
  { name: 'Initech', habit: 'overdue', tokens: 900_000, growth: 4 },
  { name: 'Umbrella Labs', habit: 'fails', tokens: 1_300_000, growth: -6 },
  { name: 'Hooli', habit: 'prepaid', tokens: 1_900_000, growth: 9 },
  { name: 'Vehement', habit: 'leaves', tokens: 700_000, growth: -12 },
];
/** What Hooli has paid in advance: it runs low after half a year. */
const PREPAID_CREDITS = '275';
const EVENTS_A_DAY = 4;

interface Subscribed {
  readonly company: Company;
  readonly customer: any;
  readonly subscription: any;
}

/** Where the clock of the quickstart begins: half a year ago, and a few days, so that a new period has begun today. */
export function historyBegins(now: Date): Date {
  const begins = new Date(now);
  begins.setUTCMonth(begins.getUTCMonth() - MONTHS);
  // The 31st of a month that has 30 days is the 1st of the next one.
  if (begins.getUTCDate() !== now.getUTCDate()) begins.setUTCDate(0);
  return new Date(begins.getTime() - BEGUN_DAYS * DAY_MS);
}

/**
 * Half a year of five more customers, up to today: invoices that are paid, overdue, failed and refunded, a wallet that runs low,
 * one who has left. Nothing of it goes to a provider but the refund.
 */
export async function simulateHistory(world: World, acme: Journey, begins: Date): Promise<void> {
  const { api, screen, ids } = world;
  screen.title('Half a year of other customers, up to today');
  const whop = `/connections/${ids.whop_connection_id}`;
  await api.put(whop, { sync_config: { invoice_outbound_enabled: false } });

  const all = await screen.phase('customers and usage', async () => {
    const made: Subscribed[] = [];
    for (const company of COMPANIES) made.push(await subscribe(world, company, begins));
    const events = await sendHistory(world, made, acme, begins);
    return {
      line: `${COMPANIES.length} customers, ${events.toLocaleString('en')} events since ${begins.toISOString().slice(0, 10)}`,
      made,
    };
  });

  await screen.phase('months up to today', async (count) => {
    for (let month = JOURNEYS_TAKE + 1; month <= MONTHS; month++) {
      count(`month ${month}`);
      const end = monthsAfter(begins, month).getTime() + 2 * HOUR_MS;
      await advance(world, new Date(Math.min(end, Date.now())));
      if (month === MONTHS - 2) await leave(api, all.made);
      await settle(api, all.made, acme, month === MONTHS);
    }
    await advance(world, new Date());
    return { line: `the environment shows ${new Date().toISOString().slice(0, 16)}Z` };
  });

  await screen.phase('a refund', async () => {
    const { items } = await api.get(`/payments?destination_id=${acme.subscription.latest_invoice.id}`);
    await api.post(`/payments/${items[0].id}/refunds`, { reason: 'requested_by_customer' });
    const invoice = await until('the refund', async () => {
      const found = await api.get(`/invoices/${acme.subscription.latest_invoice.id}`);
      return found.payment_status === 'REFUNDED' ? found : undefined;
    });
    ids.refunded_invoice_id = invoice.id;
    return {
      line: `${invoice.invoice_number}: $${invoice.refunded_amount} back to the card, through Stripe`,
    };
  });
  await api.put(whop, { sync_config: { invoice_outbound_enabled: true } });
}

async function subscribe({ api, ids }: World, company: Company, begins: Date): Promise<Subscribed> {
  const run = randomBytes(3).toString('hex');
  const name = company.name.toLowerCase().replace(/\W+/g, '-');
  const customer = await api.post('/customers', {
    customer_id: `${name}-${run}`,
    name: company.name,
    email: `billing-${run}@${name}.example`,
    address_country: 'US',
  });
  ids[`${company.habit}_customer_id`] = customer.id;
  if (company.habit === 'prepaid') {
    const wallet = await api.post('/wallets', {
      customer_id: customer.id,
      currency: 'usd',
      name: 'Prepaid tokens',
      initial_credits_to_load: PREPAID_CREDITS,
    });
    ids.wallet_id = wallet.id;
  }
  const subscription = await api.post('/subscriptions', {
    customer_id: customer.id,
    plan_id: ids.plan_id,
    currency: 'usd',
    billing_period: 'MONTHLY',
    billing_anchor: 'subscription_start',
    start_date: begins.toISOString(),
    collection_method: 'send_invoice',
    payment_terms: '15 NET',
  });
  return { company, customer, subscription };
}

/** Four events a day, more on workdays; of Acme for the time that its own journey has sent none for. */
async function sendHistory(
  { api }: World,
  made: readonly Subscribed[],
  acme: Journey,
  begins: Date,
): Promise<number> {
  const days = Math.floor((Date.now() - begins.getTime()) / DAY_MS);
  const run = randomBytes(4).toString('hex');
  const journeysEnd = monthsAfter(begins, JOURNEYS_TAKE).getTime() + DAY_MS;
  const events = Array.from({ length: days }, (_, day) => {
    const at = begins.getTime() + day * DAY_MS;
    const senders = [
      ...made.map(({ company, customer }) => ({ company, customer })),
      ...(at > journeysEnd
        ? [{ company: { tokens: 2_800_000, growth: 10, habit: 'pays' as const }, customer: acme.customer }]
        : []),
    ].filter(({ company }) => company.habit !== 'leaves' || day < 125);
    return senders.flatMap(({ company, customer }) => {
      const weekday = new Date(at).getUTCDay();
      const level = (company.tokens / 30) * (1 + company.growth / 100) ** (day / 30);
      const tokens = Math.round((level * (weekday === 0 || weekday === 6 ? 0.5 : 1.2)) / EVENTS_A_DAY);
      return Array.from({ length: EVENTS_A_DAY }, (__, n) => ({
        event_name: 'tokens.used',
        customer_id: customer.external_id,
        idempotency_key: `history-${run}-${customer.external_id}-${day}-${n}`,
        timestamp: new Date(at + (6 + 4 * n) * HOUR_MS).toISOString(),
        properties: { tokens: tokens + ((day * 7 + n * 13) % 97), model: n % 2 === 0 ? 'large' : 'small' },
      }));
    });
  })
    .flat()
    .filter(({ timestamp }) => Date.parse(timestamp) <= Date.now());
  for (let sent = 0; sent < events.length; sent += BULK)
    await api.post('/events/bulk', { events: events.slice(sent, sent + BULK) });
  return events.length;
}

/** Most pay what they owe; at the end one has not, and the card of another was declined. */
async function settle(api: Api, made: readonly Subscribed[], acme: Journey, isLast: boolean): Promise<void> {
  const habits = new Map<string, Habit>(made.map(({ company, customer }) => [customer.id, company.habit]));
  habits.set(acme.customer.id as string, 'pays');
  const { items } = await api.post('/invoices/search', {
    invoice_status: ['FINALIZED'],
    amount_remaining_gt: 0,
    limit: 1000,
  });
  for (const invoice of items) {
    const habit = habits.get(invoice.customer_id as string);
    const staysOpen = habit === undefined || (isLast && habit !== 'pays' && habit !== 'prepaid');
    if (staysOpen || (habit === 'overdue' && isNewest(invoice, items))) continue;
    await api.post('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: invoice.amount_remaining,
      currency: 'usd',
    });
    await paid(api, invoice.id as string);
  }
  const failing = items.find((one: any) => habits.get(one.customer_id as string) === 'fails');
  if (isLast && failing !== undefined)
    await api.put(`/invoices/${failing.id}/payment`, { payment_status: 'FAILED' });
}

/** Who pays late owes the last invoice when the next one comes: it is overdue by then. */
const isNewest = (invoice: any, all: readonly any[]): boolean =>
  all.every((one) => one.customer_id !== invoice.customer_id || one.period_end <= invoice.period_end);

async function leave(api: Api, made: readonly Subscribed[]): Promise<void> {
  for (const { company, subscription } of made)
    if (company.habit === 'leaves')
      await api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'end_of_period' });
}

function monthsAfter(begins: Date, months: number): Date {
  const date = new Date(begins);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date;
}

import path from 'node:path';
import type { LocalCredentials } from '../app/first-start.js';
import type { Screen } from './screen.js';
import type { Journey, World } from './stripe-journey.js';
import type { WhopJourney } from './whop-journey.js';

interface Line {
  readonly display_name: string;
  readonly quantity: string;
  readonly amount: string;
  readonly period_start: string;
  readonly period_end: string;
}

/** What there is to see now, and where. */
export function summarize(done: {
  readonly screen: Screen;
  readonly world: World;
  readonly stripe: Journey;
  readonly whop: WhopJourney;
  readonly sandbox: Readonly<Record<string, string>>;
  readonly credentials: LocalCredentials;
  readonly dataDir: string;
}): void {
  const { screen, world, stripe, whop, sandbox } = done;
  const { invoice } = stripe;
  screen.title(`Invoice ${invoice.invoice_number} — ${invoice.payment_status}`);
  const day = (time: string): string => time.slice(0, 10);
  screen.table(
    ['line', 'period', 'quantity', 'amount'],
    [
      ...(invoice.line_items as Line[]).map((line) => [
        line.display_name,
        `${day(line.period_start)} – ${day(line.period_end)}`,
        Number(line.quantity).toLocaleString('en'),
        line.amount,
      ]),
      ['total', '', '', `${invoice.total} ${String(invoice.currency).toUpperCase()}`],
      ['paid', '', '', `${invoice.amount_paid}`],
    ],
  );
  screen.title('Calls for one invoice');
  for (const [call, times] of Object.entries(stripe.calls)) screen.fact('Stripe', `${times} × ${call}`);
  for (const [call, times] of Object.entries(whop.calls)) screen.fact('Whop', `${times} × ${call}`);
  screen.title('Look around');
  if (process.env.CONSOLE !== 'off')
    screen.fact('Admin console', `${world.api.url}/console#key=${done.credentials.api_key}`);
  screen.fact('API console', `${world.api.url}/docs`);
  screen.fact('API key', done.credentials.api_key);
  screen.fact('Stripe sandbox', sandbox.stripe_url ?? '');
  screen.fact('Whop sandbox', sandbox.whop_pages_url ?? '');
  screen.fact('Hosted invoice', invoice.metadata.stripe_hosted_invoice_url ?? '');
  screen.fact('Everything as JSON', path.join(done.dataDir, 'quickstart.json'));
  screen.title(`Done in ${screen.elapsedSeconds} s.`);
}

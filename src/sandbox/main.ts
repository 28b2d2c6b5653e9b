import { startSandbox } from './index.js';

const port = (name: string): number => {
  const value = process.env[name] ?? '0';
  if (!/^\d{1,5}$/.test(value)) throw new Error(`${name} is not a port: ${value}`);
  return Number(value);
};

const text = (option: string, name: string): Record<string, string> => {
  const value = process.env[name];
  return value === undefined || value === '' ? {} : { [option]: value };
};

const webhooksAtOnce = Number(process.env.SANDBOX_WEBHOOKS_AT_ONCE ?? '1');
if (!Number.isInteger(webhooksAtOnce) || webhooksAtOnce < 1)
  throw new Error(
    `SANDBOX_WEBHOOKS_AT_ONCE is no number of webhooks: ${process.env.SANDBOX_WEBHOOKS_AT_ONCE ?? ''}`,
  );

const startsAt = process.env.SANDBOX_STARTS_AT;
if (startsAt !== undefined && Number.isNaN(Date.parse(startsAt)))
  throw new Error(`SANDBOX_STARTS_AT is no time: ${startsAt}`);

const sandbox = await startSandbox({
  ...(startsAt === undefined ? {} : { startsAt: new Date(startsAt) }),
  webhooksAtOnce,
  stripePort: port('SANDBOX_STRIPE_PORT'),
  whopPort: port('SANDBOX_WHOP_PORT'),
  ...text('host', 'SANDBOX_HOST'),
  ...text('stripePagesUrl', 'SANDBOX_STRIPE_PAGES_URL'),
  ...text('whopPagesUrl', 'SANDBOX_WHOP_PAGES_URL'),
});

const stop = (): void => {
  void sandbox.stop().then(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

process.stdout.write(
  `${JSON.stringify({
    event: 'ready',
    stripe_url: sandbox.stripe.url,
    whop_url: sandbox.whop.url,
    whop_pages_url: sandbox.whop.pagesUrl,
  })}\n`,
);

import type { Route } from './route.js';

export const accountRoutes: readonly Route[] = [
  {
    method: 'GET',
    url: '/v1/account',
    schema: 'AccountRetrieveCurrentParams',
    run: ({ account }) => ({
      id: account.id,
      object: 'account',
      business_type: 'company',
      charges_enabled: true,
      country: 'US',
      created: account.created,
      default_currency: 'usd',
      details_submitted: true,
      email: 'owner@example.com',
      metadata: {},
      payouts_enabled: true,
      type: 'standard',
    }),
  },
];

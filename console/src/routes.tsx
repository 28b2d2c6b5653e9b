import { createBrowserRouter, type RouteObject } from 'react-router';
import { BrokenPage, NoPage } from './shell/broken-page';
import { Shell } from './shell/shell';

type Module = () => Promise<{ readonly Component: React.ComponentType }>;

/** A page is loaded when it is opened first. */
const page = (path: string, lazy: Module): RouteObject => ({ path, lazy });

export const router = createBrowserRouter(
  [
    {
      path: '/',
      element: <Shell />,
      hydrateFallbackElement: <div aria-busy="true" />,
      children: [
        {
          errorElement: <BrokenPage />,
          children: [
            { index: true, lazy: () => import('./pages/home/home') },
            page('customers', () => import('./pages/customers/customers')),
            page('customers/:id', () => import('./pages/customers/customer')),
            page('subscriptions', () => import('./pages/subscriptions/subscriptions')),
            page('subscriptions/:id', () => import('./pages/subscriptions/subscription')),
            page('invoices', () => import('./pages/invoices/invoices')),
            page('invoices/:id', () => import('./pages/invoices/invoice')),
            page('payments', () => import('./pages/payments/payments')),
            page('payments/:id', () => import('./pages/payments/payment')),
            page('plans', () => import('./pages/plans/plans')),
            page('plans/new', () => import('./pages/plans/new-plan')),
            page('plans/:id', () => import('./pages/plans/plan')),
            page('features', () => import('./pages/features/features')),
            page('coupons', () => import('./pages/catalogue/coupons')),
            page('taxes', () => import('./pages/catalogue/taxes')),
            page('addons', () => import('./pages/catalogue/addons')),
            page('usage', () => import('./pages/usage/usage')),
            page('wallets', () => import('./pages/wallets/wallets')),
            page('wallets/:id', () => import('./pages/wallets/wallet')),
            page('connections', () => import('./pages/connections/connections')),
            page('connections/:id', () => import('./pages/connections/connection')),
            page('sync', () => import('./pages/sync/operations')),
            page('sync/:id', () => import('./pages/sync/operation')),
            page('webhooks-in', () => import('./pages/sync/webhooks-in')),
            page('api-keys', () => import('./pages/developers/api-keys')),
            page('webhooks-out', () => import('./pages/developers/webhook-endpoints')),
            page('webhooks-out/:id', () => import('./pages/developers/webhook-endpoint')),
            page('jobs', () => import('./pages/developers/jobs')),
            page('audit-trail', () => import('./pages/developers/audit-trail')),
            page('test-clock', () => import('./pages/developers/test-clock')),
            { path: '*', element: <NoPage /> },
          ],
        },
      ],
    },
  ],
  { basename: '/console' },
);

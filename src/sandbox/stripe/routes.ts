import { accountRoutes } from './account-routes.js';
import { chargeRoutes } from './charges.js';
import { checkoutRoutes } from './checkout-routes.js';
import { creditNoteRoutes } from './credit-notes.js';
import { customerBalanceRoutes } from './customer-balance.js';
import { customerRoutes } from './customer-routes.js';
import { disputeRoutes } from './disputes.js';
import { eventRoutes } from './events.js';
import { invoiceItemRoutes } from './invoice-item-routes.js';
import { invoiceLineRoutes } from './invoice-lines.js';
import { invoicePaymentRoutes } from './invoice-payments.js';
import { invoiceRoutes } from './invoice-routes.js';
import { meterRoutes } from './meters.js';
import { paymentIntentRoutes } from './payment-intent-routes.js';
import { paymentMethodRoutes } from './payment-method-routes.js';
import { paymentRecordRoutes } from './payment-records.js';
import { priceRoutes } from './price-routes.js';
import { productRoutes } from './products.js';
import { refundRoutes } from './refunds.js';
import type { Route } from './route.js';
import { setupIntentRoutes } from './setup-intent-routes.js';
import { subscriptionRoutes } from './subscription-routes.js';
import { webhookEndpointRoutes } from './webhook-endpoints.js';

export const stripeRoutes: readonly Route[] = [
  ...accountRoutes,
  ...chargeRoutes,
  ...checkoutRoutes,
  ...creditNoteRoutes,
  ...customerBalanceRoutes,
  ...customerRoutes,
  ...disputeRoutes,
  ...eventRoutes,
  ...invoiceItemRoutes,
  ...invoiceLineRoutes,
  ...invoicePaymentRoutes,
  ...invoiceRoutes,
  ...meterRoutes,
  ...paymentIntentRoutes,
  ...paymentMethodRoutes,
  ...paymentRecordRoutes,
  ...priceRoutes,
  ...productRoutes,
  ...refundRoutes,
  ...setupIntentRoutes,
  ...subscriptionRoutes,
  ...webhookEndpointRoutes,
];

import { text } from '../core/json.js';
import { requireCompany } from './context.js';
import { newestFirst, pageOf, wanted } from './paging.js';
import { refundPayment, requirePayment } from './payments.js';
import { showPayment } from './payment-view.js';
import type { Route } from './route.js';

export const paymentRoutes: readonly Route[] = [
  {
    method: 'GET',
    url: '/payments',
    response: 'ResPayment',
    run: (ctx, params) => {
      const company = requireCompany(ctx, text(params.company_id ?? params.account_id));
      const statuses = wanted(params, 'statuses');
      const plans = wanted(params, 'plan_ids');
      const payments = newestFirst(ctx.account.payments.values()).filter(
        (payment) =>
          payment.companyId === company &&
          (statuses?.includes(payment.status) ?? true) &&
          (plans?.includes(payment.planId) ?? true),
      );
      if (params.direction === 'asc') payments.reverse();
      return pageOf(payments, params, (payment) => showPayment(ctx, payment));
    },
  },
  {
    method: 'GET',
    url: '/payments/:id',
    response: 'ResPayment',
    run: (ctx, _params, id) => showPayment(ctx, requirePayment(ctx, id)),
  },
  {
    method: 'POST',
    url: '/payments/:id/refund',
    response: 'ResPayment',
    run: (ctx, params, id) => refundPayment(ctx, requirePayment(ctx, id), params.partial_amount),
  },
];

import { namedCompany } from './context.js';
import { newestFirst, pageOf, wanted } from './paging.js';
import { requirePayment } from './payments.js';
import { showPayment } from './payment-view.js';
import type { Route } from './route.js';

export const paymentRoutes: readonly Route[] = [
  {
    method: 'GET',
    url: '/payments',
    request: 'ReqPaymentList',
    response: 'ResPayment',
    run: (ctx, params) => {
      const company = namedCompany(ctx, params);
      const statuses = wanted(params, ctx.newest ? 'status' : 'statuses');
      const plans = wanted(params, ctx.newest ? 'plan_id' : 'plan_ids');
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
];

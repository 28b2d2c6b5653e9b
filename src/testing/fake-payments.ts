import type { PaymentOperations } from '../providers/provider-adapter.js';
import type {
  Attempt,
  ChargeRequest,
  ChargeResult,
  RefundRequest,
  RemoteCheckout,
} from '../providers/provider-objects.js';
import { ProviderError } from '../providers/provider-error.js';
import { notFound, type FakePage, type FakePayment, type FakeRefund } from './fake-account.js';
import { isOwn, markOf, orNull, send, type FakeContext } from './fake-operations.js';
import { showMethod, showPage, showPayment, showRefund } from './fake-readers.js';

export const fakePayments = (ctx: FakeContext): PaymentOperations => ({
  createCheckout: (request, attempt) =>
    openPage(ctx, attempt, {
      mark: markOf(ctx, request.paymentId),
      mode: 'payment',
      customer: request.remoteCustomerId,
      amount: request.amount,
      setDefault: request.saveCardAndMakeDefault,
    }),
  createSetup: (request, attempt) =>
    openPage(ctx, attempt, {
      mark: markOf(ctx, request.customerId),
      mode: 'setup',
      customer: request.remoteCustomerId,
      amount: undefined,
      setDefault: request.setDefault,
    }),
  fetchCheckout: (id) => orNull(onPage(ctx, id, 'GET', () => undefined)),
  expireCheckout: (id) =>
    onPage(ctx, id, 'POST', (page) => {
      if (page.status === 'open') page.status = 'expired';
    }),
  fetchSetup: (id) =>
    orNull(
      send(ctx, ['GET', `/setups/${id}`], () => {
        const page = pageOf(ctx, id);
        const { method } = page;
        return {
          remoteId: id,
          remoteCustomerId: page.customer,
          status: method === undefined ? ('pending' as const) : ('succeeded' as const),
          method: method === undefined ? undefined : showMethod(method, ctx.account.customer(page.customer)),
          setDefault: page.setDefault,
          foreign: page.mark.environmentId !== ctx.environmentId,
        };
      }),
    ),
  setDefaultMethod: (customerId, methodId) =>
    send(ctx, ['POST', `/customers/${customerId}`], () => {
      const customer = ctx.account.customer(customerId);
      if (!customer.methods.has(methodId)) throw notFound('method', methodId);
      customer.defaultMethod = methodId;
    }),
  charge: (request, attempt) => charge(ctx, request, attempt),
  fetch: (id) =>
    orNull(
      send(ctx, ['GET', `/payments/${id}`], () => {
        const found = ctx.account.payments.get(id);
        if (found === undefined) throw notFound('payment', id);
        const refunds = refundsOf(ctx, id).map((one) => showRefund(one, ctx.environmentId));
        return { ...showPayment(found, ctx.environmentId), reversals: { refunds, disputes: [] } };
      }),
    ),
  refund: async (request, attempt) => {
    const work = (): FakeRefund => makeRefund(ctx, request);
    const path = ['POST', '/refunds'] as const;
    return showRefund(await send(ctx, path, work, `${attempt.key}:refund`), ctx.environmentId);
  },
  listMethods: (customerId) =>
    send(ctx, ['GET', `/customers/${customerId}/methods`], () => {
      const customer = ctx.account.customer(customerId);
      return [...customer.methods.keys()].map((id) => showMethod(id, customer));
    }),
});

const refundsOf = (ctx: FakeContext, paymentId: string): FakeRefund[] =>
  [...ctx.account.refunds.values()].filter(({ payment }) => payment === paymentId);

/** One that carries this id is the same one, whether or not its key is remembered. */
function makeRefund(ctx: FakeContext, { refundId, remotePaymentId, amount }: RefundRequest): FakeRefund {
  const payment = ctx.account.payments.get(remotePaymentId);
  if (payment === undefined) throw notFound('payment', remotePaymentId);
  const earlier = refundsOf(ctx, remotePaymentId);
  const known = earlier.find((one) => isOwn(ctx, one, refundId));
  if (known !== undefined) return known;
  const left = earlier.reduce((sum, one) => sum - one.amount.amount, payment.amount.amount);
  if (amount.amount > left)
    throw new ProviderError('invalid', 'that is more than is left', { code: 'refund_too_large' });
  const made = { id: ctx.account.newId('fref'), mark: markOf(ctx, refundId), payment: payment.id, amount };
  ctx.account.refunds.set(made.id, made);
  return made;
}

/** Money that has moved for this payment, or what this attempt has left; only else is anything charged. */
async function charge(ctx: FakeContext, request: ChargeRequest, attempt: Attempt): Promise<ChargeResult> {
  const earlier =
    attempt.number > 1
      ? await send(ctx, ['GET', '/payments'], () => findPayment(ctx, request, attempt))
      : undefined;
  const payment =
    earlier ??
    (await send(
      ctx,
      ['POST', '/payments'],
      () => makePayment(ctx, request, attempt),
      `${attempt.key}:charge`,
    ));
  const shown = showPayment(payment, ctx.environmentId);
  return payment.decline === undefined
    ? { outcome: 'accepted', payment: shown }
    : { outcome: 'declined', decline: payment.decline, payment: shown };
}

function findPayment(ctx: FakeContext, request: ChargeRequest, attempt: Attempt): FakePayment | undefined {
  const own = [...ctx.account.payments.values()].filter((one) => isOwn(ctx, one, request.paymentId));
  return own.find(({ decline }) => decline === undefined) ?? own.find((one) => one.attempt === attempt.key);
}

function makePayment(ctx: FakeContext, request: ChargeRequest, attempt: Attempt): FakePayment {
  const customer = ctx.account.customer(request.remoteCustomerId);
  const decline = ctx.account.declineOf(customer, request.remotePaymentMethodId);
  if (decline === undefined && request.saveCardAndMakeDefault)
    customer.defaultMethod = request.remotePaymentMethodId ?? customer.defaultMethod;
  return ctx.account.pay({
    mark: markOf(ctx, request.paymentId),
    attempt: attempt.key,
    customer: customer.id,
    amount: request.amount,
    at: ctx.runtime.now(),
    decline,
    setDefault: request.saveCardAndMakeDefault,
  });
}

async function openPage(
  ctx: FakeContext,
  attempt: Attempt,
  fields: Pick<FakePage, 'mark' | 'mode' | 'customer' | 'amount' | 'setDefault'>,
): Promise<RemoteCheckout> {
  const earlier =
    attempt.number > 1
      ? await send(ctx, ['GET', '/pages'], () =>
          [...ctx.account.pages.values()].find((page) => page.attempt === attempt.key),
        )
      : undefined;
  const make = (): FakePage => {
    const rest = {
      attempt: attempt.key,
      createdAt: ctx.runtime.now(),
      payment: undefined,
      method: undefined,
    };
    const id = ctx.account.newId('fpage');
    const page: FakePage = { id, ...fields, ...rest, status: 'open' };
    ctx.account.pages.set(page.id, page);
    return page;
  };
  const page = earlier ?? (await send(ctx, ['POST', '/pages'], make, `${attempt.key}:page`));
  return showPage(ctx.account, page, ctx.environmentId);
}

const onPage = (
  ctx: FakeContext,
  id: string,
  method: string,
  work: (page: FakePage) => void,
): Promise<RemoteCheckout> =>
  send(ctx, [method, `/pages/${id}`], () => {
    const page = pageOf(ctx, id);
    work(page);
    return showPage(ctx.account, page, ctx.environmentId);
  });

function pageOf(ctx: FakeContext, id: string): FakePage {
  const page = ctx.account.pages.get(id);
  if (page === undefined) throw notFound('page', id);
  return page;
}

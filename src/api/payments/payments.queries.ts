import { Injectable } from '@nestjs/common';
import { InvoicesQueries } from '../invoices/invoices.queries.js';
import type { Ctx } from '../../platform/context.js';
import { findPage, type PaginationResponse } from '../../platform/http/list-query.js';
import { PaymentEntity } from '../../payments/payment.entity.js';
import type { ListPaymentsQuery } from './payments.requests.js';
import { toPaymentResponse, type PaymentResponse } from './payments.responses.js';
import { PaymentAttemptsService } from '../../payments/payment-attempts.service.js';
import { PaymentReversals } from '../../payments/payment-reversals.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { Payment } from '../../payments/payments.types.js';

const SEARCH_FIELDS = { id: 'id', amount: 'amount', created_at: 'createdAt', updated_at: 'updatedAt' };

@Injectable()
export class PaymentsQueries {
  constructor(
    private readonly payments: PaymentsService,
    private readonly attempts: PaymentAttemptsService,
    private readonly reversals: PaymentReversals,
    private readonly invoices: InvoicesQueries,
  ) {}

  async list(
    ctx: Ctx,
    request: ListPaymentsQuery,
  ): Promise<{ items: PaymentResponse[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(PaymentEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    const equal: [keyof Payment, unknown][] = [
      ['destinationType', request.destination_type],
      ['destinationId', request.destination_id],
      ['paymentMethodType', request.payment_method_type],
      ['paymentStatus', request.payment_status],
      ['paymentGateway', request.payment_gateway?.toLowerCase()],
      ['gatewayPaymentId', request.gateway_payment_id],
      ['gatewayTrackingId', request.gateway_tracking_id],
      ['currency', request.currency],
    ];
    for (const [property, value] of equal)
      if (value !== undefined) query.andWhere(`row.${property} = :${property}`, { [property]: value });
    const ids = [request.payment_ids ?? []].flat();
    if (ids.length > 0) query.andWhere('row.id = ANY(:ids)', { ids });
    const { sort, ...page } = request;
    const { rows, pagination } = await findPage(
      query,
      { ...page, ...(sort ? { sort: [{ field: sort }] } : {}) },
      SEARCH_FIELDS,
    );
    return { items: await this.show(ctx, rows), pagination };
  }

  async show(ctx: Ctx, rows: readonly Payment[]): Promise<PaymentResponse[]> {
    const ids = rows.map((row) => row.id);
    const attempts = await this.attempts.ofPayments(ctx, ids);
    const refunds = await this.reversals.refundsOf(ctx, ids);
    const disputes = await this.reversals.disputesOf(ctx, ids);
    const invoiceIds = [...new Set(rows.map((row) => row.destinationId))];
    const found =
      invoiceIds.length === 0
        ? []
        : (await this.invoices.search(ctx, { invoice_ids: invoiceIds, limit: 1000 })).rows;
    const numbers = new Map(found.map((invoice) => [invoice.id, invoice.invoiceNumber]));
    return rows.map((row) =>
      toPaymentResponse(row, {
        attempts,
        refunds,
        disputes,
        invoiceNumber: numbers.get(row.destinationId) ?? null,
      }),
    );
  }

  async showOne(ctx: Ctx, id: string): Promise<PaymentResponse> {
    const [shown] = await this.show(ctx, [await this.payments.get(ctx, id)]);
    return shown as PaymentResponse;
  }
}

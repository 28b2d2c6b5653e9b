import { Injectable } from '@nestjs/common';
import { periodFrom } from '../../domain/billing-period.js';
import { invalidOperation, validationError } from '../../domain/errors.js';
import type { Period } from '../../domain/period.js';
import type { Ctx } from '../../platform/context.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { scheduleOf, type Subscription } from '../../subscriptions/subscriptions.types.js';
import { DiscountsAndTaxesService } from '../../invoices/discounts-and-taxes.service.js';
import { InvoiceDrafts } from '../../invoices/invoice-drafts.service.js';
import { OpenDraftsQueries } from '../../invoices/open-drafts.queries.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import { momentOf } from '../../rating/billing-moments.types.js';
import type { Invoice } from '../../invoices/invoices.types.js';
import { SubscriptionBillingService } from '../subscription-billing.service.js';
import type { BillingTask } from '../../rating/billing-task.types.js';

/** Bills moments of subscriptions again: to show what will be billed, to refresh a draft, to replace an invoice. */
@Injectable()
export class RecalculationService {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly billing: SubscriptionBillingService,
    private readonly invoices: InvoicesService,
    private readonly drafts: InvoiceDrafts,
    private readonly terms: DiscountsAndTaxesService,
    private readonly openDrafts: OpenDraftsQueries,
  ) {}

  /**
   * What the end of a period will bill. It is really billed and finalized, looked at by `show`, and undone: so it
   * cannot differ from what is billed later, and nothing of it stays.
   */
  async preview<T>(
    ctx: Ctx,
    input: {
      readonly subscriptionId: string;
      readonly start?: Date | undefined;
      readonly end?: Date | undefined;
    },
    show: (invoice: Invoice) => Promise<T>,
  ): Promise<T> {
    const subscription = await this.subscriptions.get(ctx, input.subscriptionId);
    if (subscription.subscriptionStatus === 'cancelled')
      throw invalidOperation(
        'subscription is already cancelled: nothing more will be billed',
        'subscription_already_cancelled',
      );
    const period = previewed(subscription, input.start, input.end);
    const reason = 'SUBSCRIPTION_CYCLE';
    const task = { subscription, moment: momentOf(subscription, period, reason), reason } as const;
    await ctx.em.query('SAVEPOINT invoice_preview');
    try {
      // An invoice that exists already would be in the way of its own preview.
      await this.openDrafts.setAside(ctx, subscription.id, period, reason);
      const drafted = (await this.billing.bill(ctx, [task])).get(task);
      if (drafted === undefined) throw invalidOperation('there is nothing to bill', 'nothing_owed');
      return await show(await this.invoices.finalize(ctx, drafted.invoice.id));
    } finally {
      await ctx.em.query('ROLLBACK TO SAVEPOINT invoice_preview');
    }
  }

  /** The subscription before its invoice: everybody locks them in that order. */
  async lock(ctx: Ctx, id: string): Promise<Invoice> {
    const { subscriptionId } = await this.invoices.get(ctx, id);
    if (subscriptionId !== null) await this.subscriptions.lock(ctx, subscriptionId);
    return this.invoices.lock(ctx, id);
  }

  /** Computes a subscription's draft again, in place, from the usage and prices of now. */
  async redraft(ctx: Ctx, id: string): Promise<Invoice> {
    const before = await this.lock(ctx, id);
    if (before.invoiceStatus !== 'DRAFT')
      throw invalidOperation(
        before.invoiceStatus === 'VOIDED'
          ? 'invoice is already voided'
          : `invoice is ${before.invoiceStatus}: only a draft can be computed again in place`,
        `invoice_already_${before.invoiceStatus.toLowerCase()}`,
      );
    if (before.amountPaid > 0n)
      throw invalidOperation('the draft has payments: its figures stay', 'invoice_has_payments');
    const task = await this.taskOf(ctx, before);
    await this.terms.release(ctx, before);
    await this.drafts.redraft(ctx, before, () => this.billing.bill(ctx, [task]));
    return this.invoices.get(ctx, id);
  }

  /** Makes a voided invoice again, finalized if it was. Null when nothing is left to charge. */
  async replace(ctx: Ctx, voided: Invoice): Promise<Invoice | null> {
    if (voided.recalculatedInvoiceId !== null)
      throw invalidOperation(
        `invoice ${voided.id} was recalculated already, as ${voided.recalculatedInvoiceId}`,
        'invoice_already_recalculated',
        { recalculated_invoice_id: voided.recalculatedInvoiceId },
      );
    const task = await this.taskOf(ctx, voided);
    const drafted = (await this.billing.bill(ctx, [task])).get(task);
    if (drafted === undefined) return null;
    await this.invoices.recordSuccessor(ctx, voided.id, drafted.invoice.id);
    return voided.finalizedAt === null ? drafted.invoice : this.invoices.finalize(ctx, drafted.invoice.id);
  }

  /** Whether {@link redraft} and {@link replace} can bill it again. */
  canRebill(invoice: Invoice): boolean {
    return (
      invoice.subscriptionId !== null && invoice.periodStart !== null && REBILLABLE.has(invoice.billingReason)
    );
  }

  /** The moment of its subscription that an invoice was made for. */
  async taskOf(ctx: Ctx, invoice: Invoice): Promise<BillingTask> {
    const { subscriptionId, periodStart, periodEnd: end, billingReason } = invoice;
    if (subscriptionId === null || periodStart === null || end === null || !this.canRebill(invoice))
      throw invalidOperation(
        'only what a subscription was billed for its periods can be recalculated',
        'invoice_not_recalculable',
        { billing_reason: billingReason },
      );
    const subscription = await this.subscriptions.lock(ctx, subscriptionId);
    const period = { start: periodStart, end };
    return { subscription, moment: momentOf(subscription, period, billingReason), reason: billingReason };
  }
}

const REBILLABLE: ReadonlySet<string> = new Set(['SUBSCRIPTION_CREATE', 'SUBSCRIPTION_CYCLE', 'PRORATION']);

/** The current period, or the one that was asked for: it must be one of the subscription's own. */
function previewed(subscription: Subscription, start: Date | undefined, end: Date | undefined): Period {
  const current = { start: subscription.currentPeriodStart, end: subscription.currentPeriodEnd };
  if (start === undefined && end === undefined) return current;
  const from = start ?? current.start;
  const own =
    from < subscription.startDate
      ? undefined
      : periodFrom(scheduleOf(subscription), from, subscription.endDate);
  if (own === undefined || own.end.getTime() !== (end ?? current.end).getTime())
    throw validationError(
      `period_start and period_end must be those of a billing period, such as ${current.start.toISOString()} to ${current.end.toISOString()}`,
      { fields: { period_start: 'must begin a billing period', period_end: 'must end it' } },
    );
  return own;
}

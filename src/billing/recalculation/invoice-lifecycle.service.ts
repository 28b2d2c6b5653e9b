import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../../domain/errors.js';
import { assertInvoiceTransition } from '../../domain/invoicing/invoice-states.js';
import { money, zeroMoney } from '../../domain/money.js';
import { CustomerCreditService } from '../../invoices/customer-credit.service.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Invoice } from '../../invoices/invoices.types.js';
import { RecalculationService } from './recalculation.service.js';
import type { Ctx } from '../../platform/context.js';
import { PaymentsService } from '../../payments/payments.service.js';
import { ProrationsService } from '../prorations.service.js';
import { RefundsService } from '../../payments/refunds.service.js';

/** What happens to an invoice and to its payments at once. */
@Injectable()
export class InvoiceLifecycleService {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly rebilling: RecalculationService,
    private readonly payments: PaymentsService,
    private readonly refunds: RefundsService,
    private readonly prorations: ProrationsService,
    private readonly credit: CustomerCreditService,
  ) {}

  /** What was paid goes back to the customer's wallet, then nothing is owed for it any more. */
  async void(ctx: Ctx, id: string): Promise<Invoice> {
    const invoice = await this.invoices.lock(ctx, id);
    assertInvoiceTransition(invoice.invoiceStatus, 'VOIDED');
    const [underWay] = await this.payments.underWayOf(ctx, id);
    if (underWay !== undefined)
      throw invalidOperation('a payment of this invoice is being decided', 'payment_in_progress', {
        payment_id: underWay.id,
      });
    if (invoice.amountPaid > 0n)
      await this.refunds.giveBack(ctx, invoice, {
        amount: money(invoice.amountPaid, invoice.currency),
        reason: 'INVOICE_VOID_REFUND',
        creditNoteId: null,
      });
    await this.credit.keepPurchase(ctx, invoice, zeroMoney(invoice.currency), 'unspent');
    const voided = await this.invoices.void(ctx, id);
    await this.prorations.returnCarried(ctx, voided);
    return voided;
  }

  /** Voids an invoice of a subscription and bills its period again. Null when nothing is left to charge. */
  async recalculate(ctx: Ctx, id: string): Promise<Invoice | null> {
    const before = await this.rebilling.lock(ctx, id);
    // Everything that forbids it is found before anything is changed; the unit of work would undo it, too.
    await this.rebilling.taskOf(ctx, before);
    const voided = before.invoiceStatus === 'VOIDED' ? before : await this.void(ctx, id);
    return this.rebilling.replace(ctx, voided);
  }

  /** What SDK 2.0 means by recalculation: a draft in place, anything else by a new invoice. */
  async refresh(ctx: Ctx, id: string, finalize: boolean): Promise<Invoice> {
    const before = await this.rebilling.lock(ctx, id);
    if (before.invoiceStatus !== 'DRAFT')
      return (await this.recalculate(ctx, id)) ?? this.invoices.get(ctx, id);
    const draft = await this.rebilling.redraft(ctx, id);
    return finalize ? this.invoices.finalize(ctx, id) : draft;
  }
}

import { Injectable } from '@nestjs/common';
import { notImplemented } from '../domain/errors.js';
import type { Money } from '../domain/money.js';
import type { Ctx } from '../platform/context.js';
import type { CreditInput, Invoice, InvoiceCreditApplication } from './invoices.types.js';

/** Money that goes back to a customer as credit. */
export interface CreditGivenBack {
  readonly customerId: string;
  readonly amount: Money;
  readonly reason: 'INVOICE_VOID_REFUND' | 'CREDIT_NOTE';
  readonly invoiceId: string;
  readonly creditNoteId: string | null;
  /** The same key again gives nothing a second time. */
  readonly idempotencyKey: string;
}

/** What invoices and payments need of whoever keeps the customers' prepaid money. */
export interface CustomerCreditKeeper {
  /** Balances that the invoice may spend, in the order in which they are spent; locked until the unit of work ends. */
  balancesFor(ctx: Ctx, invoice: Invoice): Promise<readonly CreditInput[]>;
  /** Takes exactly these slices from the balances. */
  spend(ctx: Ctx, invoice: Invoice, slices: readonly InvoiceCreditApplication[]): Promise<void>;
  /** Adds to the customer's prepaid wallet of that currency, made on demand. Answers the transaction's id. */
  giveBack(ctx: Ctx, credit: CreditGivenBack): Promise<string>;
  /** Takes a payment out of a wallet whole, or refuses it. Answers the wallet and the transaction. */
  pay(
    ctx: Ctx,
    payment: {
      readonly customerId: string;
      /** The customer's own choice of the wallet house, when left out. */
      readonly walletId: string | null;
      readonly amount: Money;
      readonly invoiceId: string;
      readonly paymentId: string;
    },
  ): Promise<{ readonly walletId: string; readonly transactionId: string }>;
}

/** Where the keeper of customers' credit is told. Without one, nothing is spent, and giving back is refused loudly. */
@Injectable()
export class CustomerCreditService {
  private keeper: CustomerCreditKeeper | undefined;

  register(keeper: CustomerCreditKeeper): void {
    this.keeper = keeper;
  }

  async balancesFor(ctx: Ctx, invoice: Invoice): Promise<readonly CreditInput[]> {
    return (await this.keeper?.balancesFor(ctx, invoice)) ?? [];
  }

  spend(ctx: Ctx, invoice: Invoice, slices: readonly InvoiceCreditApplication[]): Promise<void> {
    return this.required('prepaid credits cannot be spent').spend(ctx, invoice, slices);
  }

  giveBack(ctx: Ctx, credit: CreditGivenBack): Promise<string> {
    return this.required('money cannot be given back: there are no wallets for it to go to').giveBack(
      ctx,
      credit,
    );
  }

  pay(
    ctx: Ctx,
    payment: Parameters<CustomerCreditKeeper['pay']>[1],
  ): ReturnType<CustomerCreditKeeper['pay']> {
    return this.required('payments from CREDITS are not supported: there are no wallets').pay(ctx, payment);
  }

  private required(sentence: string): CustomerCreditKeeper {
    if (this.keeper === undefined) throw notImplemented(sentence);
    return this.keeper;
  }
}

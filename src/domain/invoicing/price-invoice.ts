import type { Currency } from '../currency.js';
import { applyCredits, type CreditBalance } from './credits.js';
import { applyDiscounts, type Discounts } from './discounts.js';
import { draftInvoice, type DraftInvoice, type DraftLineInput } from './draft-invoice.js';
import { applyTaxes, type Tax } from './taxes.js';

export interface InvoiceToPrice extends Discounts {
  readonly currency: Currency;
  readonly lines: readonly DraftLineInput[];
  /** In the order in which they are spent. */
  readonly credits?: readonly CreditBalance[];
  readonly taxes?: readonly Tax[];
}

/** From rated lines to the total, in the one order there is: lines, discounts, taxes, credits. Errors as those of the steps. */
export const priceInvoice = (input: InvoiceToPrice): DraftInvoice =>
  applyCredits(
    applyTaxes(applyDiscounts(draftInvoice(input), input), input.taxes ?? []),
    input.credits ?? [],
  );

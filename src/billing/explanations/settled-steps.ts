import { money, moneyToRate, type Money } from '../../domain/money.js';
import { taxesByLine } from '../../domain/invoicing/line-tax.js';
import type { LineCredit } from '../../invoices/line-credits.service.js';
import { taxedLine } from '../../invoices/line-taxes.service.js';
import type {
  InvoiceApplications,
  InvoiceLineItem,
  UsageRestatement,
} from '../../invoices/invoices.types.js';
import type { RuleCode } from './explanation-rules.js';
import { StepLedger } from './step-ledger.js';
import type { ExplanationStep } from './explanation.types.js';

/** What late usage costs more, or what of earlier charges it gives back. */
export function lateSteps(
  ledger: StepLedger,
  line: InvoiceLineItem,
  restatement: UsageRestatement | undefined,
  given: readonly LineCredit[],
): void {
  if (restatement !== undefined && line.amount > 0n) {
    const of = (minor: bigint): Money => money(minor, line.currency);
    const reference = { type: 'invoice_line_item', id: restatement.restatedLineItemId } as const;
    ledger.add('restated', moneyToRate(of(restatement.amount)), { quantity: restatement.quantity });
    ledger.add('billed_before', moneyToRate(of(restatement.amountBefore)).negated(), {
      quantity: restatement.quantityBefore,
      reference,
    });
    return;
  }
  creditSteps(ledger, 'late_given_back', given);
}

/** What is given back of lines of earlier invoices, line by line, before tax. */
export function creditSteps(ledger: StepLedger, code: RuleCode, given: readonly LineCredit[]): void {
  for (const { lineId, net, period } of given)
    ledger.add(code, moneyToRate(net).negated(), {
      period,
      reference: { type: 'invoice_line_item', id: lineId },
    });
}

const GIVEN_BACK = {
  CREDIT_NOTE: 'credit_note',
  PRORATION: 'unused_time_given_back',
  LATE_USAGE: 'late_usage_given_back',
} as const satisfies Readonly<Record<LineCredit['source'], RuleCode>>;

/** From the amount of a line to what is asked for it in the end: discounts, tax, credits, and what was given back. */
export function afterSteps(
  line: InvoiceLineItem,
  lines: readonly InvoiceLineItem[],
  applied: InvoiceApplications,
  given: readonly LineCredit[],
): readonly ExplanationStep[] {
  const ledger = new StepLedger();
  const minus = (minor: bigint): ReturnType<typeof moneyToRate> => moneyToRate(money(-minor, line.currency));
  for (const coupon of applied.coupons.filter((one) => one.invoiceLineItemId === line.id))
    ledger.add('line_coupon', minus(coupon.discountedAmount), {
      reference: { type: 'coupon', id: coupon.couponId },
    });
  if (line.invoiceLevelDiscount !== 0n) {
    const [only, ...more] = applied.coupons.filter((one) => one.invoiceLineItemId === null);
    ledger.add('invoice_coupon', minus(line.invoiceLevelDiscount), {
      ...(only !== undefined && more.length === 0 && { reference: { type: 'coupon', id: only.couponId } }),
    });
  }
  if (line.ownTax === null) {
    const levied = applied.taxes.filter((one) => one.invoiceLineItemId === null);
    const shares = taxesByLine(
      lines.map(taxedLine),
      levied.map((tax) => ({ taxKey: tax.id, amount: money(tax.taxAmount, tax.currency) })),
    );
    for (const { taxKey, amount } of shares.get(line.id) ?? [])
      ledger.add('tax', moneyToRate(amount), {
        reference: { type: 'tax_rate', id: levied.find(({ id }) => id === taxKey)?.taxRateId ?? '' },
      });
  } else if (line.ownTax !== 0n) ledger.add('tax_given_back', moneyToRate(money(line.ownTax, line.currency)));
  for (const credit of applied.credits.filter((one) => one.invoiceLineItemId === line.id))
    ledger.add('prepaid_credits', minus(credit.amount), {
      reference: { type: 'wallet', id: credit.walletId },
    });
  for (const credit of given)
    ledger.add(GIVEN_BACK[credit.source], moneyToRate(credit.amount).negated(), {
      period: credit.period,
      reference:
        credit.source === 'CREDIT_NOTE'
          ? { type: 'credit_note', id: credit.sourceId }
          : { type: 'invoice_line_item', id: credit.lineId },
    });
  return ledger.steps;
}

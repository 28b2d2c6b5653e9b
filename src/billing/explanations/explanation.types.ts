import type { Fraction } from '../../domain/fraction.js';
import type { Money } from '../../domain/money.js';
import type { Period } from '../../domain/period.js';
import type { Rate } from '../../domain/rate.js';
import type { Meter } from '../../features/features.types.js';
import type { Invoice, InvoiceLineItem } from '../../invoices/invoices.types.js';
import type { UsageQuery } from '../../usage/usage.types.js';
import type { RuleCode } from './explanation-rules.js';

export { EXPLANATION_RULES } from './explanation-rules.js';

/** What kind of charge, or credit, a line is. */
export type LineKind =
  | 'usage'
  | 'overage'
  | 'true_up'
  | 'late_usage'
  | 'fixed'
  | 'change'
  | 'unused_time'
  | 'wallet_payout'
  | 'top_up'
  | 'one_off';

export interface StepDetails {
  readonly quantity?: Rate | undefined;
  readonly unitAmount?: Rate | null | undefined;
  readonly flatAmount?: Rate | null | undefined;
  /** Place of the tier, from 1. */
  readonly tier?: number | null | undefined;
  readonly upTo?: Rate | null | undefined;
  readonly share?: Fraction | undefined;
  readonly period?: Period | null | undefined;
  readonly reference?: StepReference | undefined;
}

/** What the figure is about, besides the line. */
export interface StepReference {
  readonly type: 'invoice_line_item' | 'coupon' | 'tax_rate' | 'wallet' | 'credit_note' | 'price';
  readonly id: string;
}

export interface ExplanationStep extends StepDetails {
  readonly code: RuleCode;
  /** In major units, to 18 decimal places. */
  readonly amount: Rate;
}

/** A part of the period in which the line charges. */
export interface ExplainedStretch {
  readonly period: Period;
  readonly share: Fraction;
  readonly priceId: string;
  /** Null where only the whole has a quantity. */
  readonly quantity: { readonly measured: Rate; readonly included: Rate; readonly billed: Rate } | null;
}

/** Where the quantity of a line comes from. */
export interface ExplainedQuantity {
  readonly meter: Meter;
  readonly measured: Rate;
  readonly included: Rate;
  readonly billed: Rate;
  readonly stretches: readonly ExplainedStretch[];
  /** The events behind it. */
  readonly events: UsageQuery;
}

export interface LineExplanation {
  readonly invoice: Invoice;
  readonly line: InvoiceLineItem;
  readonly kind: LineKind;
  readonly quantity: ExplainedQuantity | null;
  /** They add up to the amount of the line. */
  readonly steps: readonly ExplanationStep[];
  /** What comes after the amount: discounts, tax, credits. Together they make the rest of what the line asks for. */
  readonly after: readonly ExplanationStep[];
  /** What it would come to now, where that is not what was billed. */
  readonly now: { readonly quantity: Rate; readonly amount: Money } | null;
  /** Lines of later invoices that have brought the usage to what it came to then. */
  readonly restatedBy: readonly { readonly invoiceId: string; readonly lineId: string }[];
}

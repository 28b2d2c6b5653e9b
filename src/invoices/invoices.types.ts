import type { Period } from '../domain/period.js';
import type { InvoiceBillingReason, InvoiceType } from '../domain/invoicing/zero-rules.js';
import type { PercentageOrFixed } from '../domain/invoicing/percentage.js';
import type {
  InvoiceCouponApplicationEntity,
  InvoiceCreditApplicationEntity,
  InvoiceTaxApplicationEntity,
} from './invoice-applications.entity.js';
import type { InvoiceEntity } from './invoice.entity.js';
import type { SpendableCredit } from '../wallets/wallet-spending.service.js';
import type { RatedLine } from '../rating/rated-line.types.js';
import type { InvoiceLineItemEntity } from './invoice-line-item.entity.js';
import type { UsageRestatementEntity } from './usage-restatement.entity.js';

export type { PaymentDetails } from './invoice.entity.js';
export type Invoice = Readonly<InvoiceEntity>;
export type InvoiceLineItem = Readonly<InvoiceLineItemEntity>;
export type UsageRestatement = Readonly<UsageRestatementEntity>;

export type InvoiceCouponApplication = Readonly<InvoiceCouponApplicationEntity>;
export type InvoiceTaxApplication = Readonly<InvoiceTaxApplicationEntity>;
export type InvoiceCreditApplication = Readonly<InvoiceCreditApplicationEntity>;

export interface InvoiceWithLines {
  readonly invoice: Invoice;
  readonly lines: readonly InvoiceLineItem[];
}

/** What coupons, taxes and credits have done to an invoice. */
export interface InvoiceApplications {
  readonly coupons: readonly InvoiceCouponApplication[];
  readonly taxes: readonly InvoiceTaxApplication[];
  readonly credits: readonly InvoiceCreditApplication[];
}

/** A coupon that applies: redeemable now, in the invoice's currency, within its duration. */
export type CouponInput = PercentageOrFixed & {
  readonly couponId: string;
  readonly couponAssociationId: string | null;
  /** The line it is for, by its place in the input; null: the whole invoice. */
  readonly lineIndex: number | null;
  /** The coupon as it is now. */
  readonly snapshot: Readonly<Record<string, unknown>>;
};

/** A tax rate that applies. */
export type TaxInput = PercentageOrFixed & {
  readonly taxRateId: string;
  readonly taxAssociationId: string | null;
  readonly entityType: 'customer' | 'subscription' | 'invoice' | 'tenant';
  /** Null: the invoice itself. */
  readonly entityId: string | null;
  /** The rate as the wire shows it (`TaxRateResponse`). */
  readonly taxRate: Readonly<Record<string, unknown>> | null;
};

/** A prepaid balance that may be spent on the invoice: a purse of a wallet. */
export type CreditInput = SpendableCredit;

/** Metadata of a line that says: what the invoice takes back went to the wallet. */
export const CREDITED_TO_WALLET = 'credited_to_wallet';

/** Metadata of a line that takes off what was paid in advance for another plan: the line of that subscription. */
export const UNUSED_TIME_OF = 'prorates_subscription_line_item_id';

export interface InvoiceDraftInput {
  readonly customerId: string;
  readonly subscriptionId: string | null;
  readonly type: InvoiceType;
  readonly billingReason: InvoiceBillingReason;
  readonly billingPeriod: string | null;
  readonly collectionMethod: Invoice['collectionMethod'];
  readonly currency: string;
  readonly lines: readonly RatedLine[];
  /** In the order of application; those for a line come before those for the invoice. */
  readonly coupons?: readonly CouponInput[];
  /** Spent at once, in their order. A subscription's invoice spends credits when it is finalized. */
  readonly credits?: readonly CreditInput[];
  readonly taxes?: readonly TaxInput[];
  readonly period: Period | null;
  readonly description?: string | null;
  readonly paymentTerms?: string | null;
  readonly dueDate?: Date | null;
  readonly issueDate?: Date | null;
  readonly idempotencyKey?: string | null;
  readonly invoicePdfUrl?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
}

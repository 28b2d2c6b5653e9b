import type { Period } from '../domain/period.js';
import type { PriceType } from '../domain/rating/price-kinds.js';
import type { InvoiceBillingReason, InvoiceType } from '../domain/invoicing/zero-rules.js';
import type { Rate } from '../domain/rate.js';
import type { InvoiceEntity } from './invoice.entity.js';
import type { InvoiceLineItemEntity } from './invoice-line-item.entity.js';

export type { PaymentDetails } from './invoice.entity.js';
export type Invoice = Readonly<InvoiceEntity>;
export type InvoiceLineItem = Readonly<InvoiceLineItemEntity>;

export interface InvoiceWithLines {
  readonly invoice: Invoice;
  readonly lines: readonly InvoiceLineItem[];
}

/** A charge that was rated exactly and goes onto an invoice. */
export interface RatedLine {
  readonly displayName: string;
  readonly amount: Rate;
  readonly quantity: Rate;
  readonly priceType: PriceType;
  readonly period: Period | null;
  readonly subscriptionLineItemId?: string | null;
  readonly entityType?: string | null;
  readonly entityId?: string | null;
  readonly priceId?: string | null;
  readonly meterId?: string | null;
  readonly planDisplayName?: string | null;
  readonly meterDisplayName?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface InvoiceDraftInput {
  readonly customerId: string;
  readonly subscriptionId: string | null;
  readonly type: InvoiceType;
  readonly billingReason: InvoiceBillingReason;
  readonly billingPeriod: string | null;
  readonly collectionMethod: Invoice['collectionMethod'];
  readonly currency: string;
  readonly lines: readonly RatedLine[];
  readonly period: Period | null;
  readonly description?: string | null;
  readonly paymentTerms?: string | null;
  readonly dueDate?: Date | null;
  readonly issueDate?: Date | null;
  readonly idempotencyKey?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
}

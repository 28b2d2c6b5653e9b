import type { TestMethod } from '../core/test-cards.js';

/** What the sandbox keeps; `shown.ts` files say how the API shows it. Amounts are numbers in major units. */

export interface Product {
  readonly id: string;
  readonly companyId: string;
  readonly createdAt: string;
  updatedAt: string;
  title: string;
  route: string;
  visibility: string;
  description: string | null;
  headline: string | null;
  metadata: Record<string, unknown> | null;
}

export interface LineItem {
  readonly label: string;
  readonly quantity: number;
  readonly unitPrice: number;
}

export interface Plan {
  readonly id: string;
  readonly companyId: string;
  readonly productId: string;
  /** The invoice that it was made for. */
  readonly invoiceId: string;
  readonly createdAt: string;
  updatedAt: string;
  readonly currency: string;
  initialPrice: number;
  description: string | null;
  internalNotes: string | null;
}

export type InvoiceStatus = 'draft' | 'open' | 'paid' | 'past_due' | 'uncollectible' | 'void';

export interface Invoice {
  readonly id: string;
  readonly companyId: string;
  readonly productId: string;
  readonly planId: string;
  readonly number: string;
  readonly token: string;
  readonly createdAt: string;
  updatedAt: string;
  readonly collectionMethod: string;
  readonly memberId: string | null;
  status: InvoiceStatus;
  dueDate: string | null;
  email: string | null;
  customerName: string | null;
  lineItems: LineItem[];
  user: User | null;
  cancelNextStep: () => void;
}

interface User {
  readonly id: string;
  readonly name: string | null;
  readonly username: string;
  readonly email: string | null;
}

/** A customer who has paid once, with the method they paid with. */
export interface Member {
  readonly id: string;
  readonly user: User;
  readonly methods: Map<string, TestMethod>;
}

export type RefundStatus = 'pending' | 'succeeded' | 'failed' | 'canceled';

export interface Refund {
  readonly id: string;
  readonly amount: number;
  readonly createdAt: string;
  readonly metadata: Record<string, unknown> | null;
  updatedAt: string;
  status: RefundStatus;
}

export const DISPUTE_STATUSES = [
  'needs_response',
  'under_review',
  'won',
  'lost',
  'prevented',
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
] as const;

export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];

export interface Dispute {
  readonly id: string;
  readonly paymentId: string;
  readonly companyId: string;
  readonly amount: number;
  readonly createdAt: string;
  readonly evidenceDueAt: string;
  updatedAt: string;
  status: DisputeStatus;
}

export interface Payment {
  readonly id: string;
  readonly companyId: string;
  readonly invoiceId: string;
  readonly planId: string;
  readonly member: Member;
  readonly methodId: string;
  readonly method: TestMethod;
  readonly createdAt: string;
  readonly currency: string;
  readonly total: number;
  updatedAt: string;
  paidAt: string | null;
  status: 'open' | 'paid' | 'pending';
  substatus:
    | 'succeeded'
    | 'pending'
    | 'failed'
    | 'refunded'
    | 'partially_refunded'
    | 'dispute_needs_response'
    | 'dispute_under_review'
    | 'dispute_won'
    | 'dispute_lost'
    | 'dispute_closed'
    | 'dispute_warning_needs_response'
    | 'dispute_warning_under_review'
    | 'dispute_warning_closed';
  failureMessage: string | null;
  authenticated: boolean;
  readonly refunds: Refund[];
}

export interface Webhook {
  readonly id: string;
  readonly resourceId: string;
  readonly createdAt: string;
  url: string;
  events: readonly string[];
  enabled: boolean;
  /** Whose shapes it is told. Null: not pinned, which is the older one's. */
  apiDate: string | null;
  readonly secret: string;
  /** Real time, as deliveries are: of those that were not accepted. */
  failures: number;
  failingSince: string | null;
  lastFailureAt: string | null;
  disabledAt: string | null;
  cancelDisabling: () => void;
}

/** An event, as each of the dates tells it. */
export interface Message {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly companyId: string;
  readonly older: unknown;
  readonly newest: unknown;
}

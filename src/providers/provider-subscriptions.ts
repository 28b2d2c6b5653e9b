import type { Period } from '../domain/period.js';
import type { CollectionMethod } from './provider-objects.js';
import type { RemotePrice, UnreadablePrice } from './provider-catalogue.js';

/** Subscriptions as they cross the adapter boundary. */

/**
 * `incomplete`: its first payment is owed, and it has not begun; `expired`: it never did. An unknown remote status is
 * `pending`: nothing is concluded from it.
 */
export type RemoteSubscriptionStatus =
  | 'incomplete'
  | 'expired'
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'unpaid'
  | 'paused'
  | 'cancelled'
  | 'pending';

export interface RemoteSubscriptionItem {
  readonly remoteId: string;
  readonly price: RemotePrice;
  /** Decimal string; undefined for usage. */
  readonly quantity: string | undefined;
  readonly period: Period;
}

export interface RemoteSubscription {
  readonly remoteId: string;
  /** Carries the mark of another environment of ours, or its customer does. */
  readonly foreign: boolean;
  readonly remoteCustomerId: string;
  readonly status: RemoteSubscriptionStatus;
  readonly currency: string;
  readonly collectionMethod: CollectionMethod;
  readonly startedAt: Date;
  /** What its periods are counted from. */
  readonly anchor: Date;
  /** The trial, past ones too. */
  readonly trial: Period | undefined;
  readonly cancelAt: Date | undefined;
  readonly cancelAtPeriodEnd: boolean;
  /** When it was over; only of a cancelled one. */
  readonly endedAt: Date | undefined;
  /** Nothing is collected for it just now, until then if that is known. */
  readonly paused: { readonly resumesAt: Date | undefined } | undefined;
  /** Oldest first; never empty. */
  readonly items: readonly RemoteSubscriptionItem[];
  /** Items whose price cannot be said in our words; the provider bills them, we do not show them. */
  readonly unreadable: readonly UnreadablePrice[];
  /** The provider's own names for its ids, merged into ours. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a subscription is to be at the provider. Only what differs there is sent. */
export interface SubscriptionUpdate {
  readonly cancelled: boolean;
  readonly cancelAt: Date | undefined;
  readonly cancelAtPeriodEnd: boolean;
  readonly paused: { readonly resumesAt: Date | undefined } | undefined;
  /** By the ids of remote items. */
  readonly quantities: Readonly<Record<string, string>>;
}

import type { BillingPeriodUnit } from '../domain/billing-period.js';
import type { BillingModel, PackageRounding, TierMode } from '../domain/rating/price-kinds.js';
import type { AggregationType } from '../domain/usage/aggregation.js';

/** Plans and prices as they cross the adapter boundary. Amounts are decimal strings in the currency's major unit. */

export type PriceTerms = TermsOf[BillingModel];

interface TermsOf {
  readonly FLAT_FEE: { readonly model: 'FLAT_FEE'; readonly amount: string };
  readonly PACKAGE: {
    readonly model: 'PACKAGE';
    readonly amount: string;
    readonly divideBy: number;
    readonly round: PackageRounding;
  };
  readonly TIERED: {
    readonly model: 'TIERED';
    readonly mode: TierMode;
    readonly tiers: readonly PriceTier[];
  };
}

export interface PriceTier {
  /** Null: without end. */
  readonly upTo: string | null;
  readonly unitAmount: string;
  readonly flatAmount: string;
}

/** How a price is charged, in words that both sides know. */
export interface PriceFacts {
  readonly currency: string;
  readonly billingPeriod: BillingPeriodUnit;
  readonly billingPeriodCount: number;
  readonly terms: PriceTerms;
}

/** What a provider counts usage by. */
export interface RemoteMeter {
  readonly remoteId: string;
  readonly name: string;
  readonly eventName: string;
  readonly aggregation: Extract<AggregationType, 'COUNT' | 'SUM' | 'LATEST'>;
  /** The property of the event that holds the number; undefined where events are counted. */
  readonly field: string | undefined;
}

export interface RemotePrice extends PriceFacts {
  readonly remoteId: string;
  /** The remote plan that it is a price of. */
  readonly remotePlanId: string;
  /** Our id, when the remote object carries it and it belongs to the environment of this connection. */
  readonly priceId: string | undefined;
  readonly foreign: boolean;
  readonly active: boolean;
  readonly createdAt: Date;
  readonly name: string | undefined;
  readonly type: 'FIXED' | 'USAGE';
  readonly meter: RemoteMeter | undefined;
  readonly trialPeriodDays: number | undefined;
  readonly lookupKey: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A price that is there and cannot be said in our words. */
export interface UnreadablePrice {
  readonly remoteId: string;
  readonly reason: string;
}

export interface RemotePlan {
  readonly remoteId: string;
  readonly planId: string | undefined;
  readonly foreign: boolean;
  /** False: archived there. */
  readonly active: boolean;
  readonly name: string;
  readonly description: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** All of them, archived ones too. */
  readonly prices: readonly RemotePrice[];
  readonly unreadable: readonly UnreadablePrice[];
}

export interface RemotePlanPage {
  readonly plans: readonly RemotePlan[];
  /** Where the next page begins; undefined after the last one. */
  readonly next: string | undefined;
}

export interface PricePush extends PriceFacts {
  readonly priceId: string;
  /** The mapped remote price. */
  readonly remoteId: string | undefined;
  readonly name: string | undefined;
  /** False: it has ended here. One that the provider never had is then not made. */
  readonly active: boolean;
  readonly trialPeriodDays: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface PlanPush {
  readonly planId: string;
  /** The mapped remote plan; undefined when none is known, then one with our mark is matched or one is made. */
  readonly remoteId: string | undefined;
  readonly name: string;
  readonly description: string | undefined;
  readonly active: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly prices: readonly PricePush[];
}

interface ProviderEventBase {
  /** The provider's id of the event, unique per connection. */
  readonly id: string;
  /** The provider's name of the event: `invoice.paid`. */
  readonly type: string;
  readonly occurredAt: Date | undefined;
  /** Undefined where the provider does not say. */
  readonly livemode: boolean | undefined;
  /** The account at the provider that the event is of, where the event says. */
  readonly accountId?: string | undefined;
}

/** What an event says: which object to read again, or why none. */
export type ProviderNews =
  | { readonly kind: 'customer.changed'; readonly remoteId: string }
  | { readonly kind: 'customer.deleted'; readonly remoteId: string }
  | { readonly kind: 'plan.changed'; readonly remoteId: string }
  | { readonly kind: 'subscription.changed'; readonly remoteId: string }
  | { readonly kind: 'invoice.changed'; readonly remoteId: string }
  | { readonly kind: 'payment.changed'; readonly remoteId: string }
  | { readonly kind: 'checkout.changed'; readonly remoteId: string }
  | { readonly kind: 'setup.changed'; readonly remoteId: string }
  | { readonly kind: 'method.changed'; readonly remoteId: string }
  /** Only named: {@link ProviderSession.locate} says what it belongs to. `resource` is the provider's name of its kind. */
  | { readonly kind: 'object.changed'; readonly resource: string; readonly remoteId: string }
  | { readonly kind: 'ignored'; readonly reason: string };

/** Which object to read again, known at last. */
export type LocatedNews = Exclude<ProviderNews, { kind: 'object.changed' | 'ignored' }>;

export type ProviderEvent = ProviderEventBase & ProviderNews;

import type { ProviderAdapter } from './provider-adapter.js';
import { stripeAdapter } from './stripe/stripe.adapter.js';
import { whopAdapter } from './whop/whop.adapter.js';

/** One line a provider. The only file outside of an adapter's own folder that names one. */
export const BUILT_IN_ADAPTERS: readonly ProviderAdapter[] = [stripeAdapter, whopAdapter];

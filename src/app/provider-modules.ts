import { StripeModule } from '../providers/stripe/stripe.module.js';
import { WhopModule } from '../providers/whop/whop.module.js';

/** The payment providers of the server. Outside of the providers' own folders, nothing else names one. */
export const PROVIDER_MODULES = [StripeModule, WhopModule];

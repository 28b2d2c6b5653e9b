import { Module } from '@nestjs/common';
import { PROVIDER_ADAPTERS } from '../provider-adapters.js';
import { stripeAdapter } from './stripe.adapter.js';

/** Adds Stripe to the providers of an application. */
@Module({ providers: [{ provide: PROVIDER_ADAPTERS, useValue: stripeAdapter }] })
export class StripeModule {}

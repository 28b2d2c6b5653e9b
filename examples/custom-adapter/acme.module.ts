import { Module } from '@nestjs/common';
import { PROVIDER_ADAPTERS } from 'flexprice-nest';
import { acmeAdapter } from './acme.adapter.js';

/** Adds Acme Pay to an application: `BillingModule.forRoot({ …, providerModules: [AcmeModule] })`. */
@Module({ providers: [{ provide: PROVIDER_ADAPTERS, useValue: acmeAdapter }] })
export class AcmeModule {}

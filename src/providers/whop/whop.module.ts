import { Module } from '@nestjs/common';
import { PROVIDER_ADAPTERS } from '../provider-adapters.js';
import { whopAdapter } from './whop.adapter.js';

/** Adds Whop to the providers of an application. */
@Module({ providers: [{ provide: PROVIDER_ADAPTERS, useValue: whopAdapter }] })
export class WhopModule {}

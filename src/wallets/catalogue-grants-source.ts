import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CatalogueGrants } from '../plans/catalogue-grants.service.js';
import { toCreditGrantResponse } from './credit-grants.responses.js';
import { CreditGrantsService } from './credit-grants.service.js';

/** Lets plans and addons show the credit grants that they give. */
@Injectable()
export class CatalogueGrantsOfWallets implements OnModuleInit {
  constructor(
    private readonly shown: CatalogueGrants,
    private readonly grants: CreditGrantsService,
  ) {}

  onModuleInit(): void {
    this.shown.provide(async (ctx, kind, ids) => {
      const grants = await this.grants.templatesOf(ctx, kind, ids);
      return new Map(
        ids.map((id) => [
          id,
          grants
            .filter((grant) => (kind === 'PLAN' ? grant.planId : grant.addonId) === id)
            .map(toCreditGrantResponse),
        ]),
      );
    });
  }
}

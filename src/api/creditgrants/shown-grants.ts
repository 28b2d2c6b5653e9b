import { Injectable } from '@nestjs/common';
import type { Ctx } from '../../platform/context.js';
import { CreditGrantsService, type GrantingKind } from '../../wallets/credit-grants.service.js';
import { toCreditGrantResponse } from './credit-grants.responses.js';

/** The credit grants of plans or of addons, by plan or addon, as their answers show them. */
@Injectable()
export class ShownGrants {
  constructor(private readonly grants: CreditGrantsService) {}

  async of(
    ctx: Ctx,
    kind: GrantingKind,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Record<string, unknown>[]>> {
    const grants = await this.grants.templatesOf(ctx, kind, ids);
    const ownerOf = kind === 'PLAN' ? 'planId' : 'addonId';
    return new Map(
      ids.map((id) => [
        id,
        grants.filter((grant) => grant[ownerOf] === id).map((grant) => ({ ...toCreditGrantResponse(grant) })),
      ]),
    );
  }
}

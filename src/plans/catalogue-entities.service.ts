import { Injectable } from '@nestjs/common';
import { CustomersService } from '../customers/customers.service.js';
import { notFound, notImplemented } from '../domain/errors.js';
import type { Ctx } from '../platform/context.js';
import { rowExists } from '../platform/database/rows.js';
import { AddonEntity } from './addon.entity.js';
import { PlanEntity } from './plan.entity.js';

export type EntityKind = 'PLAN' | 'ADDON' | 'SUBSCRIPTION' | 'CUSTOMER' | 'INVOICE' | 'TENANT';

/** Kinds whose houses stand further right: they say themselves whether something exists. */
export type ForeignKind = Extract<EntityKind, 'SUBSCRIPTION' | 'INVOICE'>;

type Question = (ctx: Ctx, id: string) => Promise<boolean>;

/**
 * Whether what an entitlement, a tax or a price is to be tied to exists. Houses to the right tell it how to find theirs,
 * as they do with time triggers; until they have, tying something to such an entity is refused by name.
 */
@Injectable()
export class CatalogueEntities {
  private readonly foreign = new Map<ForeignKind, Question>();
  private readonly addonUsers: Question[] = [];

  constructor(private readonly customers: CustomersService) {}

  register(kind: ForeignKind, exists: Question): void {
    this.foreign.set(kind, exists);
  }

  /** Says whether something depends on an addon, so that it cannot go. */
  registerAddonUser(uses: Question): void {
    this.addonUsers.push(uses);
  }

  async assertExists(ctx: Ctx, kind: EntityKind, id: string): Promise<void> {
    if (!(await this.exists(ctx, kind, id))) throw notFound(kind.toLowerCase(), id);
  }

  async isAddonUsed(ctx: Ctx, id: string): Promise<boolean> {
    for (const uses of this.addonUsers) if (await uses(ctx, id)) return true;
    return false;
  }

  private async exists(ctx: Ctx, kind: EntityKind, id: string): Promise<boolean> {
    switch (kind) {
      case 'PLAN':
        return rowExists(ctx.em, PlanEntity, { id, status: 'published' });
      case 'ADDON':
        return rowExists(ctx.em, AddonEntity, { id, status: 'published' });
      case 'CUSTOMER':
        return (await this.customers.find(ctx, id))?.status === 'published';
      case 'TENANT':
        return id === ctx.scope.tenantId;
      case 'SUBSCRIPTION':
      case 'INVOICE': {
        const question = this.foreign.get(kind);
        if (question === undefined)
          throw notImplemented(`entity_type ${kind} is not supported yet`, { fields: ['entity_type'] });
        return question(ctx, id);
      }
    }
  }
}

import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { stampChange, stampNew } from '../platform/database/columns.js';
import { findRow, insertUnlessThere, requireRow, updateRow } from '../platform/database/rows.js';
import { PaymentMethodEntity } from './payment-method.entity.js';
import type { PaymentMethod } from './payments.types.js';

export interface SavedMethod {
  readonly customerId: string;
  readonly connectionId: string;
  readonly providerMethodId: string;
  readonly type: string;
  readonly brand: string | null;
  readonly last4: string | null;
  readonly expiryMonth: number | null;
  readonly expiryYear: number | null;
  readonly isDefault: boolean;
}

/** What we know of the methods that customers have saved at providers. */
@Injectable()
export class PaymentMethodsService {
  /** A method is known by its id at the provider; hearing of it again is no second one. */
  async record(ctx: Ctx, saved: SavedMethod): Promise<PaymentMethod> {
    const { connectionId, providerMethodId, customerId } = saved;
    if (saved.isDefault)
      await ctx.em.update(
        PaymentMethodEntity,
        { customerId, connectionId, isDefault: true },
        { ...stampChange(ctx), isDefault: false },
      );
    await insertUnlessThere(ctx.em, PaymentMethodEntity, { ...stampNew(ctx, 'paymentMethod'), ...saved });
    const known = await requireRow(ctx.em, PaymentMethodEntity, { connectionId, providerMethodId });
    const isDefault = saved.isDefault || known.isDefault;
    const change = { ...stampChange(ctx), ...saved, isDefault, status: 'published' as const };
    await updateRow(ctx.em, PaymentMethodEntity, known.id, change);
    return { ...known, ...change };
  }

  /** The customer is gone at that provider, and its saved methods with it. */
  async forget(ctx: Ctx, customerId: string, connectionId: string): Promise<void> {
    const change = { ...stampChange(ctx), status: 'deleted' as const, isDefault: false };
    await ctx.em.update(PaymentMethodEntity, { customerId, connectionId }, change);
  }

  /** Default first, then newest first. */
  listOf(ctx: Ctx, customerId: string): Promise<PaymentMethod[]> {
    return ctx.em.find(PaymentMethodEntity, {
      where: { customerId, status: 'published' },
      order: { isDefault: 'DESC', createdAt: 'DESC' },
    });
  }

  find(ctx: Ctx, id: string): Promise<PaymentMethod | null> {
    return findRow(ctx.em, PaymentMethodEntity, { id, status: 'published' });
  }
}

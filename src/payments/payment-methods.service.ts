import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { insertRow, stampChange, stampNew, updateRow } from '../platform/database/columns.js';
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
    const known = await ctx.em.findOneBy(PaymentMethodEntity, {
      connectionId: saved.connectionId,
      providerMethodId: saved.providerMethodId,
    });
    if (saved.isDefault)
      await ctx.em.update(
        PaymentMethodEntity,
        { customerId: saved.customerId, connectionId: saved.connectionId, isDefault: true },
        { ...stampChange(ctx), isDefault: false },
      );
    if (known === null)
      return insertRow(ctx.em, PaymentMethodEntity, { ...stampNew(ctx, 'paymentMethod'), ...saved });
    await updateRow(ctx.em, PaymentMethodEntity, known.id, {
      ...stampChange(ctx),
      ...saved,
      isDefault: saved.isDefault || known.isDefault,
    });
    return ctx.em.findOneByOrFail(PaymentMethodEntity, { id: known.id });
  }

  /** Default first, then newest first. */
  listOf(ctx: Ctx, customerId: string): Promise<PaymentMethod[]> {
    return ctx.em.find(PaymentMethodEntity, {
      where: { customerId, status: 'published' },
      order: { isDefault: 'DESC', createdAt: 'DESC' },
    });
  }

  find(ctx: Ctx, id: string): Promise<PaymentMethod | null> {
    return ctx.em.findOneBy(PaymentMethodEntity, { id, status: 'published' });
  }
}

import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { isChange } from '../platform/database/changes.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
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
        { ...auditColumnsForUpdate(ctx), isDefault: false },
      );
    await insertUnlessThere(ctx.em, PaymentMethodEntity, {
      ...auditColumnsForInsert(ctx, 'paymentMethod'),
      ...saved,
    });
    const known = await requireRow(ctx.em, PaymentMethodEntity, { connectionId, providerMethodId });
    const isDefault = saved.isDefault || known.isDefault;
    const change = { ...auditColumnsForUpdate(ctx), ...saved, isDefault, status: 'published' as const };
    await updateRow(ctx.em, PaymentMethodEntity, known.id, change);
    return { ...known, ...change };
  }

  /** Makes the saved methods of a customer at one provider those, and no others. Answers whether anything changed. */
  async mirror(
    ctx: Ctx,
    owner: { readonly customerId: string; readonly connectionId: string },
    saved: readonly SavedMethod[],
  ): Promise<boolean> {
    const known = await ctx.em.find(PaymentMethodEntity, { where: owner });
    let changed = false;
    for (const one of saved) {
      const row = known.find(({ providerMethodId }) => providerMethodId === one.providerMethodId);
      if (row === undefined) {
        await insertUnlessThere(ctx.em, PaymentMethodEntity, {
          ...auditColumnsForInsert(ctx, 'paymentMethod'),
          ...one,
        });
        changed = true;
      } else {
        const change = { ...one, status: 'published' as const };
        if (!isChange(row, change)) continue;
        await updateRow(ctx.em, PaymentMethodEntity, row.id, { ...auditColumnsForUpdate(ctx), ...change });
        changed = true;
      }
    }
    const gone = known.filter(
      ({ providerMethodId, status }) =>
        status === 'published' && !saved.some((one) => one.providerMethodId === providerMethodId),
    );
    for (const { id } of gone)
      await updateRow(ctx.em, PaymentMethodEntity, id, {
        ...auditColumnsForUpdate(ctx),
        status: 'deleted',
        isDefault: false,
      });
    return changed || gone.length > 0;
  }

  /** Which of them the provider charges when nobody says; null: none. Answers whether that is news. */
  async setDefault(
    ctx: Ctx,
    owner: { readonly customerId: string; readonly connectionId: string },
    providerMethodId: string | null,
  ): Promise<boolean> {
    const known = await ctx.em.find(PaymentMethodEntity, { where: { ...owner, status: 'published' } });
    // One that we do not know yet is told of by itself.
    if (providerMethodId !== null && !known.some((one) => one.providerMethodId === providerMethodId))
      return false;
    const other = known.filter((one) => one.isDefault !== (one.providerMethodId === providerMethodId));
    for (const { id, isDefault } of other)
      await updateRow(ctx.em, PaymentMethodEntity, id, {
        ...auditColumnsForUpdate(ctx),
        isDefault: !isDefault,
      });
    return other.length > 0;
  }

  findByRemoteId(ctx: Ctx, connectionId: string, providerMethodId: string): Promise<PaymentMethod | null> {
    return findRow(ctx.em, PaymentMethodEntity, { connectionId, providerMethodId });
  }

  /** What providers call the methods of a customer, also those that are gone. */
  async remoteIdsOf(ctx: Ctx, customerId: string): Promise<{ connectionId: string; remoteId: string }[]> {
    const rows = await ctx.em.find(PaymentMethodEntity, { where: { customerId } });
    return rows.map(({ connectionId, providerMethodId }) => ({ connectionId, remoteId: providerMethodId }));
  }

  /** The customer is gone at that provider, and its saved methods with it. */
  async forget(ctx: Ctx, customerId: string, connectionId: string): Promise<void> {
    const change = { ...auditColumnsForUpdate(ctx), status: 'deleted' as const, isDefault: false };
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

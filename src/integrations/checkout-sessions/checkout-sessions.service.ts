import { Injectable } from '@nestjs/common';
import { In, MoreThan } from 'typeorm';
import { notFound } from '../../domain/errors.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import { findRow, findRows, insertRow, rowExists, updateRow } from '../../platform/database/rows.js';
import { newId } from '../../platform/ids.js';
import type { RemoteCheckout } from '../../providers/provider-objects.js';
import { CheckoutSessionEntity } from './checkout-session.entity.js';

export type CheckoutSession = Readonly<CheckoutSessionEntity>;

@Injectable()
export class CheckoutSessionsService {
  constructor(private readonly clock: WallClock) {}

  reserve(
    ctx: Ctx,
    session: Pick<
      CheckoutSession,
      'connectionId' | 'mode' | 'customerId' | 'invoiceId' | 'paymentId' | 'setDefault'
    >,
  ): Promise<CheckoutSession> {
    const now = this.clock.now();
    return insertRow(ctx.em, CheckoutSessionEntity, {
      id: newId('checkoutSession'),
      ...ctx.scope,
      createdAt: now,
      updatedAt: now,
      ...session,
      providerSessionId: null,
      url: null,
      state: 'reserved',
      expiresAt: null,
    });
  }

  async get(ctx: Ctx, id: string): Promise<CheckoutSession> {
    const row = await findRow(ctx.em, CheckoutSessionEntity, { id });
    if (row === null) throw notFound('checkout session', id);
    return row;
  }

  async open(ctx: Ctx, id: string, remote: RemoteCheckout): Promise<void> {
    await updateRow(ctx.em, CheckoutSessionEntity, id, {
      updatedAt: this.clock.now(),
      providerSessionId: remote.remoteId,
      url: remote.url ?? null,
      state: stateOf(remote),
      expiresAt: remote.expiresAt ?? null,
    });
  }

  /** Pages on which an invoice can still be paid. */
  openOf(ctx: Ctx, invoiceId: string): Promise<CheckoutSession[]> {
    return findRows(ctx.em, CheckoutSessionEntity, { invoiceId, state: 'open' });
  }

  /** The page of a payment, while it can be paid on. */
  openOfPayment(ctx: Ctx, paymentId: string): Promise<CheckoutSession | null> {
    return findRow(ctx.em, CheckoutSessionEntity, { paymentId, state: 'open' });
  }

  /** A page that is just being asked for; one that is not there by then never came to be known. */
  async isBeingMade(ctx: Ctx, invoiceId: string): Promise<boolean> {
    const since = new Date(this.clock.now().getTime() - MADE_WITHIN_MS);
    const reserved = await findRows(ctx.em, CheckoutSessionEntity, { invoiceId, state: 'reserved' });
    return reserved.some(({ createdAt }) => createdAt > since);
  }

  /** Pages of a connection that may still be used, also one that was asked for and never answered. */
  hasUndecided(ctx: Ctx, connectionId: string): Promise<boolean> {
    const since = new Date(this.clock.now().getTime() - LONGEST_LIFE_MS);
    return ctx.em.existsBy(CheckoutSessionEntity, {
      connectionId,
      state: In(['reserved', 'open']),
      createdAt: MoreThan(since),
    });
  }

  isOpen(ctx: Ctx, connectionId: string, providerSessionId: string): Promise<boolean> {
    return rowExists(ctx.em, CheckoutSessionEntity, { connectionId, providerSessionId, state: 'open' });
  }

  /** It was not made, as the provider says. */
  async drop(ctx: Ctx, id: string): Promise<void> {
    await updateRow(ctx.em, CheckoutSessionEntity, id, { state: 'expired', updatedAt: this.clock.now() });
  }

  /** What became of a page, as the provider shows it. A page that is over does not open again. */
  async recordRemote(ctx: Ctx, connectionId: string, remote: RemoteCheckout): Promise<void> {
    const known = await findRow(ctx.em, CheckoutSessionEntity, {
      connectionId,
      providerSessionId: remote.remoteId,
    });
    if (known === null || known.state === 'complete' || known.state === 'expired') return;
    await updateRow(ctx.em, CheckoutSessionEntity, known.id, {
      state: stateOf(remote),
      updatedAt: this.clock.now(),
    });
  }
}

/** A page lives for a day, and its last word may be lost on its last minute. */
const LONGEST_LIFE_MS = 2 * 24 * 60 * 60_000;
/** Longer than any request to a provider takes. */
const MADE_WITHIN_MS = 2 * 60_000;

const stateOf = (remote: RemoteCheckout): CheckoutSession['state'] =>
  remote.status === 'pending' ? 'open' : remote.status;

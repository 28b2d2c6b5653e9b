import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { BillingError } from '../../domain/errors.js';
import { FeaturesService } from '../../features/features.service.js';
import type { Ctx } from '../../platform/context.js';
import type { MeteredPrice } from '../../plans/plans.types.js';
import { PriceVersionsService } from '../../plans/price-versions.service.js';
import { PricesService } from '../../plans/prices.service.js';
import type { RemoteMeter, RemotePrice, UnreadablePrice } from '../../providers/provider-catalogue.js';
import type { EntityMapping } from '../mappings/mappings.types.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { isOpen, type PlanBaseline } from './plan-baseline.js';
import { factsOf, inputOf, sameTerms, termsInput } from './price-facts.js';

/** Remote prices as prices of ours. */
@Injectable()
export class ImportedPrices {
  constructor(
    private readonly prices: PricesService,
    private readonly versions: PriceVersionsService,
    private readonly features: FeaturesService,
    private readonly mappings: MappingsService,
  ) {}

  /**
   * Takes over what has changed of a plan's prices. Answers our ids by theirs, and what could not be taken over. What
   * ends goes first: it may leave a lookup key to its successor.
   */
  async apply(
    ctx: Ctx,
    connection: Connection,
    planId: string,
    remotes: readonly RemotePrice[],
    known: { readonly common: Partial<PlanBaseline>; readonly unreadable: readonly UnreadablePrice[] },
  ): Promise<{ readonly ids: Map<string, string>; readonly left: UnreadablePrice[] }> {
    const ids = new Map<string, string>();
    const left: UnreadablePrice[] = [...known.unreadable];
    await this.endMissing(ctx, connection, planId, remotes, known.unreadable);
    const endedFirst = [...remotes].sort((a, b) => Number(a.active) - Number(b.active));
    for (const remote of endedFirst) {
      if (remote.foreign) continue;
      try {
        const id = await this.applyOne(ctx, connection, planId, remote, known.common);
        if (id !== undefined) ids.set(remote.remoteId, id);
      } catch (error) {
        // A price that our rules refuse is no reason to miss the others. Rules are asked before anything is written.
        if (!(error instanceof BillingError) || error.kind !== 'validation_error') throw error;
        left.push({ remoteId: remote.remoteId, reason: error.message });
      }
    }
    return { ids, left };
  }

  /** Ours for a remote price; made if there is none yet, archived ones too: somebody is charged by it. */
  async ensure(ctx: Ctx, connection: Connection, planId: string, remote: RemotePrice): Promise<MeteredPrice> {
    const mapping = await this.mappings.findByRemoteId(ctx, connection.id, 'price', remote.remoteId);
    if (mapping !== null) return this.prices.get(ctx, mapping.entityId);
    return this.prices.get(ctx, await this.create(ctx, connection, planId, remote));
  }

  private async applyOne(
    ctx: Ctx,
    connection: Connection,
    planId: string,
    remote: RemotePrice,
    common: Partial<PlanBaseline>,
  ): Promise<string | undefined> {
    const mapping = await this.mappings.findByRemoteId(ctx, connection.id, 'price', remote.remoteId);
    if (mapping !== null) return this.follow(ctx, mapping, planId, remote, common);
    const own = remote.priceId === undefined ? undefined : await this.find(ctx, remote.priceId);
    if (own !== undefined) {
      // Our own, told back to us before its push was written down.
      await this.mappings.link(ctx, connection, 'price', own.price.id, remote.remoteId);
      return own.price.id;
    }
    return remote.active ? this.create(ctx, connection, planId, remote) : undefined;
  }

  private async follow(
    ctx: Ctx,
    mapping: EntityMapping,
    planId: string,
    remote: RemotePrice,
    common: Partial<PlanBaseline>,
  ): Promise<string> {
    const ours = await this.prices.get(ctx, mapping.entityId);
    const { id } = ours.price;
    const before = common.prices?.[id];
    const open = isOpen(ours, ctx.now);
    if (!remote.active) {
      if (open && before?.active !== false) await this.versions.end(ctx, id);
      return id;
    }
    if (!open) {
      // Ended here, unless the provider had archived it: then it is offered again, as another version.
      if (before?.active !== false) return id;
      const again = await this.prices.create(
        ctx,
        { type: 'PLAN', id: planId },
        await this.input(ctx, remote, ctx.now),
        '',
        { replacesPriceId: id },
      );
      await this.mappings.move(ctx, mapping, again.price.id);
      return again.price.id;
    }
    const renamed = remote.name !== undefined && remote.name !== (before?.name ?? ours.price.displayName);
    const label = renamed ? { displayName: remote.name } : {};
    if (sameTerms(factsOf(ours.price).terms, remote.terms)) {
      if (renamed) await this.versions.update(ctx, id, label);
      return id;
    }
    const { price } = await this.versions.update(ctx, id, { ...termsInput(remote.terms), ...label });
    await this.mappings.move(ctx, mapping, price.id);
    return price.id;
  }

  /** Deleted at the provider, which only an unused price can be. */
  private async endMissing(
    ctx: Ctx,
    connection: Connection,
    planId: string,
    remotes: readonly RemotePrice[],
    unreadable: readonly UnreadablePrice[],
  ): Promise<void> {
    const there = new Set([...remotes, ...unreadable].map(({ remoteId }) => remoteId));
    const prices = await this.prices.ofPlans(ctx, [planId]);
    const mapped = await this.mappings.ofEntities(
      ctx,
      connection.id,
      'price',
      prices.map(({ price }) => price.id),
    );
    for (const priced of prices) {
      const remoteId = mapped.get(priced.price.id)?.providerEntityId ?? null;
      if (remoteId !== null && !there.has(remoteId) && isOpen(priced, ctx.now))
        await this.versions.end(ctx, priced.price.id);
    }
  }

  private async create(
    ctx: Ctx,
    connection: Connection,
    planId: string,
    remote: RemotePrice,
  ): Promise<string> {
    const startDate = remote.createdAt < ctx.now ? remote.createdAt : new Date(ctx.now.getTime() - 1000);
    const input = await this.input(ctx, remote, startDate);
    const { price } = await this.prices.create(ctx, { type: 'PLAN', id: planId }, input);
    await this.mappings.link(ctx, connection, 'price', price.id, remote.remoteId);
    return price.id;
  }

  private async input(ctx: Ctx, remote: RemotePrice, startDate: Date): Promise<ReturnType<typeof inputOf>> {
    return inputOf(remote, {
      meterId: remote.meter === undefined ? undefined : await this.meterFor(ctx, remote.meter),
      lookupKey: await this.freeKey(ctx, remote.lookupKey),
      startDate,
      // Archived: whoever has it keeps it, nobody else gets it.
      endDate: remote.active ? undefined : ctx.now,
    });
  }

  /** One that counts the same, whoever made it; else a feature of the meter's name. */
  private async meterFor(ctx: Ctx, remote: RemoteMeter): Promise<string> {
    const meters = await this.features.listMeters(ctx);
    const same = meters.find(
      (meter) =>
        meter.status === 'published' &&
        meter.eventName === remote.eventName &&
        meter.filters.length === 0 &&
        meter.aggregation.type === remote.aggregation &&
        (meter.aggregation.field ?? undefined) === remote.field,
    );
    if (same !== undefined) return same.id;
    const { meter } = await this.features.create(ctx, {
      name: remote.name,
      type: 'metered',
      meter: {
        name: remote.name,
        eventName: remote.eventName,
        aggregation: {
          type: remote.aggregation,
          field: remote.field ?? null,
          multiplier: null,
          bucketSize: null,
          groupBy: null,
          expression: null,
        },
        filters: [],
        resetUsage: 'BILLING_PERIOD',
      },
    });
    if (meter === null) throw new Error(`the feature of meter ${remote.remoteId} has none`);
    return meter.id;
  }

  /** A key that another price of ours has stays with it. */
  private async freeKey(ctx: Ctx, key: string | undefined): Promise<string | undefined> {
    if (key === undefined) return undefined;
    try {
      return isOpen(await this.prices.getByLookupKey(ctx, key), ctx.now) ? undefined : key;
    } catch (error) {
      if (error instanceof BillingError && error.kind === 'not_found') return key;
      throw error;
    }
  }

  private async find(ctx: Ctx, id: string): Promise<MeteredPrice | undefined> {
    return (await this.prices.byIds(ctx, [id])).get(id);
  }
}

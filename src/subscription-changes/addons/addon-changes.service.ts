import { Injectable } from '@nestjs/common';
import { laterOf, makePeriod } from '../../domain/period.js';
import type { ProrationBehavior } from '../../domain/subscribing/proration.js';
import type { Ctx } from '../../platform/context.js';
import {
  SubscriptionAddonsService,
  type AddonInput,
  type SubscriptionAddon,
} from '../../subscriptions/subscription-addons.service.js';
import { SubscriptionLinesService } from '../../subscriptions/subscription-lines.service.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import { AddonGrants } from '../../wallets/addon-grants.service.js';
import { ImmediateBilling } from '../../billing/immediate-billing.service.js';
import type { Invoice } from '../../invoices/invoices.types.js';
import { ProrationsService } from '../../billing/prorations.service.js';
import { SubscriptionLifecycleService } from '../subscription-lifecycle.service.js';
import { subjectOf, SubscriptionGrants } from '../../subscriptions/subscription-grants.service.js';

/** Addons that come and go while a subscription is billed. */
@Injectable()
export class AddonChanges {
  constructor(
    private readonly changes: SubscriptionLifecycleService,
    private readonly addons: SubscriptionAddonsService,
    private readonly lines: SubscriptionLinesService,
    private readonly prorations: ProrationsService,
    private readonly now: ImmediateBilling,
    private readonly addonGrants: AddonGrants,
    private readonly giving: SubscriptionGrants,
  ) {}

  /**
   * What the addon charges in advance for the rest of the current period is billed at once, on one invoice. Then what it
   * grants is given: as at the start of a subscription, the first bill does not spend it.
   */
  async add(
    ctx: Ctx,
    subscriptionId: string,
    input: AddonInput & { readonly prorationBehavior?: ProrationBehavior | undefined },
  ): Promise<{ association: SubscriptionAddon; subscription: Subscription; invoice: Invoice | undefined }> {
    const subscription = await this.changes.current(ctx, subscriptionId);
    const { association, lines } = await this.addons.attach(ctx, subscription, input);
    const from = laterOf(association.startDate, subscription.currentPeriodStart);
    const billed =
      subscription.activatedAt !== null && from < subscription.currentPeriodEnd && lines.length > 0;
    const prorationBehavior = input.prorationBehavior ?? subscription.prorationBehavior;
    const invoice = billed
      ? await this.now.bill(ctx, {
          subscription: { ...subscription, prorationBehavior },
          moment: { type: 'subscription_start', next: makePeriod(from, subscription.currentPeriodEnd) },
          reason: 'SUBSCRIPTION_UPDATE',
          lineIds: lines.map(({ id }) => id),
        })
      : undefined;
    await this.addonGrants.copy(ctx, subjectOf(subscription), association);
    await this.giving.applyDue(ctx, [subscription.id]);
    return { association, subscription, invoice };
  }

  /** Its lines and what it grants end now. With proration, what was paid for the rest of their periods is credit. */
  async remove(ctx: Ctx, associationId: string, reason: string | undefined): Promise<void> {
    const { subscriptionId } = await this.addons.get(ctx, associationId);
    const subscription = await this.changes.current(ctx, subscriptionId);
    // Read again under the subscription's lock: two removals at once would both find it there.
    const association = await this.addons.get(ctx, associationId);
    const open = await this.addons.detach(ctx, association, reason);
    await this.addonGrants.end(ctx, subjectOf(subscription), association.id);
    const credits = [];
    for (const line of open) {
      if (open.some(({ replacesId }) => replacesId === line.id)) continue;
      credits.push(
        ...(await this.prorations.unused(
          ctx,
          subscription,
          ctx.now,
          subscription.prorationBehavior,
          line.id,
        )),
      );
    }
    for (const line of open) await this.lines.remove(ctx, subscription, line, undefined);
    await this.prorations.record(ctx, subscription, credits);
  }
}

import { Injectable } from '@nestjs/common';
import { money, moneyToRate, roundToMoney, sumMoney, type Money } from '../domain/money.js';
import { ZERO, type Rate } from '../domain/rate.js';
import type { PriceType } from '../domain/rating/price-kinds.js';
import { creditsForAmount } from '../domain/wallets/conversion.js';
import { allowsPriceType } from '../domain/wallets/wallet-kinds.js';
import type { Ctx } from '../platform/context.js';
import { CustomerSubscriptionsQueries } from '../subscriptions/customer-subscriptions.queries.js';
import { balanceOf } from '../wallets/wallets.responses.js';
import type { Wallet } from '../wallets/wallets.types.js';
import { SubscriptionBillingService } from './subscription-billing.service.js';
import type { BillingTask } from './subscription-billing.types.js';

/** In the wallet's currency, but for `credits`. */
export interface RealTimeBalance {
  readonly balance: Rate;
  readonly credits: Rate;
  readonly currentPeriodUsage: Rate;
  readonly unpaidInvoices: Rate;
}

const NOTHING: RealTimeBalance = {
  balance: ZERO,
  credits: ZERO,
  currentPeriodUsage: ZERO,
  unpaidInvoices: ZERO,
};

const SERVED = ['active', 'trialing'];

/**
 * What a wallet would hold if everything that is used by now were billed and paid from it. Computed from the events themselves,
 * by the code that bills them: what was acknowledged a moment ago counts, and the bill will say the same.
 */
@Injectable()
export class WalletBalance {
  constructor(
    private readonly subscriptions: CustomerSubscriptionsQueries,
    private readonly billing: SubscriptionBillingService,
  ) {}

  async realTime(ctx: Ctx, wallet: Wallet): Promise<RealTimeBalance> {
    if (wallet.walletStatus !== 'active') return NOTHING;
    const balance = balanceOf(wallet);
    // What is paid afterwards is owed to nobody yet.
    if (wallet.walletType === 'POST_PAID') return { ...NOTHING, balance, credits: wallet.creditBalance };
    const types = (['USAGE', 'FIXED'] as const).filter((type) =>
      allowsPriceType(wallet.allowedPriceTypes, type),
    );
    const used = moneyToRate(await this.currentUsage(ctx, wallet, types));
    const unpaid = moneyToRate(await this.unpaid(ctx, wallet, types));
    const left = balance.minus(used).minus(unpaid);
    return {
      balance: left,
      credits: creditsForAmount(left, wallet.conversionRate),
      currentPeriodUsage: used,
      unpaidInvoices: unpaid,
    };
  }

  /** What the current periods would be billed for if they ended now. */
  private async currentUsage(ctx: Ctx, wallet: Wallet, types: readonly PriceType[]): Promise<Money> {
    const tasks = (await this.subscriptions.openOf(ctx, wallet.customerId))
      .filter((one) => one.currency === wallet.currency && SERVED.includes(one.subscriptionStatus))
      .map((subscription): BillingTask => ({
        subscription,
        moment: {
          type: 'period_end',
          closing: { start: subscription.currentPeriodStart, end: subscription.currentPeriodEnd },
        },
        reason: 'SUBSCRIPTION_CYCLE',
      }));
    if (tasks.length === 0) return money(0n, wallet.currency);
    const lines = (await this.billing.rate(ctx, tasks)).flat();
    return sumMoney(
      lines
        .filter((line) => types.includes(line.priceType))
        .map((line) => roundToMoney(line.amount, wallet.currency)),
      wallet.currency,
    );
  }

  /** What invoices still ask for such lines; of a partly paid one, at most what remains. */
  private async unpaid(ctx: Ctx, wallet: Wallet, types: readonly PriceType[]): Promise<Money> {
    const [row] = await ctx.em.query<{ owed: string }[]>(
      `SELECT coalesce(sum(least(lines.net, i.amount_remaining)), 0)::bigint AS owed
         FROM invoices i
         JOIN LATERAL (SELECT sum(l.amount - l.line_item_discount - l.invoice_level_discount
                                  - l.prepaid_credits_applied) AS net
                         FROM invoice_line_items l
                        WHERE l.tenant_id = i.tenant_id AND l.environment_id = i.environment_id
                          AND l.invoice_id = i.id AND l.price_type = ANY($3)) lines ON lines.net > 0
        WHERE i.customer_id = $1 AND i.currency = $2 AND i.amount_remaining > 0
          AND i.invoice_status IN ('DRAFT', 'FINALIZED') AND i.invoice_type <> 'CREDIT'
          AND i.payment_status NOT IN ('REFUNDED', 'PARTIALLY_REFUNDED')`,
      [wallet.customerId, wallet.currency, types],
    );
    return money(BigInt(row?.owed ?? 0), wallet.currency);
  }
}

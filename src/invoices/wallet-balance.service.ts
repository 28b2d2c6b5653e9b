import { Injectable } from '@nestjs/common';
import { money, moneyToRate, roundToMoney, sumMoney } from '../domain/money.js';
import { ZERO, type Rate } from '../domain/rate.js';
import type { PriceType } from '../domain/rating/price-kinds.js';
import { creditsForAmount } from '../domain/wallets/conversion.js';
import { allowsPriceType } from '../domain/wallets/wallet-kinds.js';
import type { Ctx } from '../platform/context.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { CustomerSubscriptionsQueries } from '../subscriptions/customer-subscriptions.queries.js';
import { balanceOf } from '../wallets/wallets.responses.js';
import type { Wallet } from '../wallets/wallets.types.js';
import { RATED_ROWS_VERSION } from './rated-rows.js';
import type { BillingTask } from './subscription-billing.types.js';
import { SubscriptionRatingService, type PreparedRating } from './subscription-rating.service.js';

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

/** Customers: a few kilobytes each. */
const MOST_REMEMBERED = 2_000;
const SERVED = ['active', 'trialing'];

/**
 * What a wallet would hold if everything that is used by now were billed and paid from it. Computed from the events themselves,
 * by the code that bills them: what was acknowledged a moment ago counts, and the bill will say the same.
 */
@Injectable()
export class WalletBalance {
  private readonly remembered = new Map<string, { version: string; prepared: PreparedRating }>();

  constructor(
    private readonly subscriptions: CustomerSubscriptionsQueries,
    private readonly rating: SubscriptionRatingService,
  ) {}

  async realTime(ctx: Ctx, wallet: Wallet): Promise<RealTimeBalance> {
    if (wallet.walletStatus !== 'active') return NOTHING;
    const balance = balanceOf(wallet);
    // What is paid afterwards is owed to nobody yet.
    if (wallet.walletType === 'POST_PAID') return { ...NOTHING, balance, credits: wallet.creditBalance };
    const types = (['USAGE', 'FIXED'] as const).filter((type) =>
      allowsPriceType(wallet.allowedPriceTypes, type),
    );
    const { version, owed } = await this.rows(ctx, wallet, types);
    const lines = (await this.rating.measure(ctx, await this.prepared(ctx, wallet, version))).flat();
    const used = moneyToRate(
      sumMoney(
        lines
          .filter((line) => types.includes(line.priceType))
          .map((line) => roundToMoney(line.amount, wallet.currency)),
        wallet.currency,
      ),
    );
    const unpaid = moneyToRate(money(BigInt(owed), wallet.currency));
    const left = balance.minus(used).minus(unpaid);
    return {
      balance: left,
      credits: creditsForAmount(left, wallet.conversionRate),
      currentPeriodUsage: used,
      unpaidInvoices: unpaid,
    };
  }

  /**
   * What invoices still ask for such lines; of a partly paid one, at most what remains. And the version of all that usage
   * is rated by, as of the same instant: no usage is counted both as current and as invoiced.
   */
  private async rows(
    ctx: Ctx,
    { customerId, currency }: Wallet,
    types: readonly PriceType[],
  ): Promise<{ version: string; owed: string }> {
    const [row] = await queryPrepared<{ version: string | null; owed: string | null }>(
      ctx.em,
      `SELECT ${RATED_ROWS_VERSION} AS version,
              (SELECT sum(least(lines.net, i.amount_remaining))::bigint
                 FROM invoices i
                 JOIN LATERAL (SELECT sum(l.amount - l.line_item_discount - l.invoice_level_discount
                                          - l.prepaid_credits_applied) AS net
                                 FROM invoice_line_items l
                                WHERE l.tenant_id = i.tenant_id AND l.environment_id = i.environment_id
                                  AND l.invoice_id = i.id AND l.price_type = ANY($3)) lines ON lines.net > 0
                WHERE i.customer_id = $1 AND i.currency = $2 AND i.amount_remaining > 0
                  AND i.invoice_status IN ('DRAFT', 'FINALIZED') AND i.invoice_type <> 'CREDIT'
                  AND i.payment_status NOT IN ('REFUNDED', 'PARTIALLY_REFUNDED')) AS owed`,
      [customerId, currency, types],
    );
    return { version: row?.version ?? '', owed: row?.owed ?? '0' };
  }

  /** What changes rarely is remembered, for as long as every row that it was made from is what it was. */
  private async prepared(
    ctx: Ctx,
    { customerId, currency }: Wallet,
    version: string,
  ): Promise<PreparedRating> {
    const key = `${ctx.scope.environmentId} ${customerId} ${currency}`;
    const known = this.remembered.get(key);
    if (known?.version === version) return known.prepared;
    const tasks = (await this.subscriptions.openOf(ctx, customerId))
      .filter((one) => one.currency === currency && SERVED.includes(one.subscriptionStatus))
      .map((subscription): BillingTask => ({
        subscription,
        moment: {
          type: 'period_end',
          closing: { start: subscription.currentPeriodStart, end: subscription.currentPeriodEnd },
        },
        reason: 'SUBSCRIPTION_CYCLE',
      }));
    const prepared = await this.rating.prepare(ctx, tasks);
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    this.remembered.set(key, { version, prepared });
    return prepared;
  }
}

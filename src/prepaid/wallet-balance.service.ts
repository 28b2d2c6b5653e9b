import { Injectable } from '@nestjs/common';
import { PAYABLE_STATUSES, REFUNDED_STATUSES } from '../domain/invoicing/invoice-states.js';
import { money, moneyToRate, roundToMoney, sumMoney } from '../domain/money.js';
import { Rate, rate, ZERO } from '../domain/rate.js';
import type { PriceType } from '../domain/rating/price-kinds.js';
import { SUBSCRIPTION_SERVICE } from '../domain/subscribing/subscription-states.js';
import { amountOfCredits, creditsForAmount } from '../domain/wallets/conversion.js';
import { allowsPriceType } from '../domain/wallets/wallet-kinds.js';
import type { Ctx } from '../platform/context.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { sqlWords } from '../platform/database/sql-words.js';
import { CustomerSubscriptionsQueries } from '../subscriptions/customer-subscriptions.queries.js';
import { WalletsService } from '../wallets/wallets.service.js';
import { balanceOf, type Wallet } from '../wallets/wallets.types.js';
import type { RatedLine } from '../rating/rated-line.types.js';
import { RATED_ROWS_VERSION } from '../rating/rated-rows.queries.js';
import type { BillingTask } from '../rating/billing-task.types.js';
import { SubscriptionRatingService, type PreparedRating } from '../rating/subscription-rating.service.js';

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
/** Of something that changes each time it is looked at. */
const MOST_TRIES = 3;

/**
 * What a wallet would hold if everything that is used by now were billed and paid from it. Computed from the events themselves,
 * by the code that bills them: what was acknowledged a moment ago counts, and the bill will say the same.
 */
/** A wallet with all that its balance is made of but usage and debts, and the versions of the rows that say so. */
interface KnownWallet {
  readonly wallet: Wallet;
  /** Undefined: nothing is paid from it before it is billed. */
  readonly prepared: PreparedRating | undefined;
  readonly versions: string;
}

/** What is asked each time. */
interface Current {
  /** Of what usage is rated by. */
  readonly version: string;
  /** Of that and of the wallet. */
  readonly versions: string;
  readonly owed: Owed;
}

/** In minor units. */
interface Owed {
  /** For lines that bought and granted credits pay. */
  readonly allowed: bigint;
  /** For what else drafts ask: only what was given back pays it. */
  readonly other: bigint;
  /** What was given back and is there, in credits. */
  readonly givenBack: Rate;
}

@Injectable()
export class WalletBalance {
  private readonly remembered = new Map<string, { version: string; prepared: PreparedRating }>();
  private readonly known = new Map<string, KnownWallet>();

  constructor(
    private readonly wallets: WalletsService,
    private readonly subscriptions: CustomerSubscriptionsQueries,
    private readonly rating: SubscriptionRatingService,
  ) {}

  /**
   * By the wallet's id, for whoever has changed nothing in this unit of work. What is known of the wallet is used before it
   * is proved, and the proof comes with the answer: all that is asked goes to the database together.
   */
  async ofWallet(ctx: Ctx, id: string): Promise<{ wallet: Wallet; realTime: RealTimeBalance }> {
    const key = `${ctx.scope.environmentId} ${id}`;
    for (let tries = 1; ; tries++) {
      const known = this.known.get(key) ?? (await this.learn(ctx, id));
      const { wallet, prepared } = known;
      if (prepared === undefined) return { wallet, realTime: await this.realTime(ctx, wallet) };
      const [current, lines] = await Promise.all([
        this.current(ctx, wallet),
        this.rating.measure(ctx, prepared),
      ]);
      if (current.versions === known.versions || tries === MOST_TRIES) {
        remember(this.known, key, known);
        return { wallet, realTime: balanceLeft(wallet, current.owed, lines.flat()) };
      }
      this.known.delete(key);
    }
  }

  async realTime(ctx: Ctx, wallet: Wallet): Promise<RealTimeBalance> {
    if (wallet.walletStatus !== 'active') return NOTHING;
    // What is paid afterwards is owed to nobody yet.
    if (wallet.walletType === 'POST_PAID')
      return { ...NOTHING, balance: balanceOf(wallet), credits: wallet.creditBalance };
    const { version, owed } = await this.current(ctx, wallet);
    const lines = await this.rating.measure(ctx, await this.prepared(ctx, wallet, version));
    return balanceLeft(wallet, owed, lines.flat());
  }

  /** Versions are read before what they are the versions of: a change in between makes them old, never the other way. */
  private async learn(ctx: Ctx, id: string): Promise<KnownWallet> {
    const found = await this.wallets.get(ctx, id);
    if (!isPrepaid(found)) return { wallet: found, versions: '', prepared: undefined };
    const { version, versions } = await this.current(ctx, found);
    const wallet = await this.wallets.get(ctx, id);
    return { wallet, versions, prepared: await this.prepared(ctx, wallet, version) };
  }

  /**
   * What invoices still ask for such lines; of a partly paid one, at most what remains. And the version of all that usage
   * is rated by, as of the same instant: no usage is counted both as current and as invoiced.
   */
  private async current(ctx: Ctx, wallet: Wallet): Promise<Current> {
    const [row] = await queryPrepared<{
      version: string | null;
      wallet: string | null;
      allowed: string | null;
      other: string | null;
      given_back: string | null;
    }>(
      ctx.em,
      `SELECT ${RATED_ROWS_VERSION} AS version,
              (SELECT xmin::text FROM wallets WHERE id = $4) AS wallet,
              (SELECT sum(credits_available)::text FROM wallet_transactions
                WHERE wallet_id = $4 AND given_back AND credits_available > 0) AS given_back,
              owed.allowed, owed.other
         FROM (SELECT sum(least(greatest(lines.net, 0), i.amount_remaining))::bigint AS allowed,
                      sum(i.amount_remaining - least(greatest(lines.net, 0), i.amount_remaining))
                        FILTER (WHERE i.invoice_status = 'DRAFT')::bigint AS other
                 FROM invoices i
                CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount - l.line_item_discount - l.invoice_level_discount
                                                        - l.prepaid_credits_applied), 0) AS net
                                      FROM invoice_line_items l
                                     WHERE l.tenant_id = i.tenant_id AND l.environment_id = i.environment_id
                                       AND l.invoice_id = i.id AND l.price_type = ANY($3)) lines
                WHERE i.customer_id = $1 AND i.currency = $2 AND i.amount_remaining > 0
                  AND i.invoice_status IN (${sqlWords(PAYABLE_STATUSES)}) AND i.invoice_type <> 'CREDIT'
                  AND i.payment_status NOT IN (${sqlWords(REFUNDED_STATUSES)})) owed`,
      [wallet.customerId, wallet.currency, chargedTypes(wallet), wallet.id],
    );
    const version = row?.version ?? '';
    return {
      version,
      versions: `${version} ${row?.wallet ?? ''}`,
      owed: {
        allowed: BigInt(row?.allowed ?? 0),
        other: BigInt(row?.other ?? 0),
        givenBack: rate(row?.given_back ?? 0),
      },
    };
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
      .filter((one) => one.currency === currency && SUBSCRIPTION_SERVICE[one.subscriptionStatus] === 'served')
      .map((subscription): BillingTask => ({
        subscription,
        moment: {
          type: 'period_end',
          closing: { start: subscription.currentPeriodStart, end: subscription.currentPeriodEnd },
        },
        reason: 'SUBSCRIPTION_CYCLE',
      }));
    const prepared = await this.rating.prepare(ctx, tasks);
    remember(this.remembered, key, { version, prepared });
    return prepared;
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= MOST_REMEMBERED && !map.has(key)) map.clear();
  map.set(key, value);
}

const isPrepaid = ({ walletStatus, walletType }: Wallet): boolean =>
  walletStatus === 'active' && walletType !== 'POST_PAID';

/** The kinds of lines that a wallet may pay. */
const chargedTypes = ({ allowedPriceTypes }: Wallet): PriceType[] =>
  (['USAGE', 'FIXED'] as const).filter((type) => allowsPriceType(allowedPriceTypes, type));

function balanceLeft(wallet: Wallet, owed: Owed, lines: readonly RatedLine[]): RealTimeBalance {
  const { currency } = wallet;
  const types = chargedTypes(wallet);
  const amounts = (list: readonly RatedLine[]): Rate =>
    moneyToRate(
      sumMoney(
        list.map((line) => roundToMoney(line.amount, currency)),
        currency,
      ),
    );
  const used = amounts(lines.filter((line) => types.includes(line.priceType)));
  const unpaid = moneyToRate(money(owed.allowed, currency));
  // What is left of what was given back pays for the rest as well.
  const all = balanceOf(wallet);
  const givenBack = amountOfCredits(owed.givenBack, wallet.conversionRate);
  const short = Rate.max(used.plus(unpaid).minus(all.minus(givenBack)), ZERO);
  const others = amounts(lines.filter((line) => !types.includes(line.priceType))).plus(
    moneyToRate(money(owed.other, currency)),
  );
  const left = all
    .minus(used)
    .minus(unpaid)
    .minus(Rate.min(others, Rate.max(givenBack.minus(short), ZERO)));
  return {
    balance: left,
    credits: creditsForAmount(left, wallet.conversionRate),
    currentPeriodUsage: used,
    unpaidInvoices: unpaid,
  };
}

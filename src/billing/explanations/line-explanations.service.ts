import { Injectable } from '@nestjs/common';
import { notFound } from '../../domain/errors.js';
import { money, moneyToRate, roundToMoney, type Money } from '../../domain/money.js';
import { storableQuantity, type Rate } from '../../domain/rate.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import {
  CREDITED_TO_WALLET,
  UNUSED_TIME_OF,
  type Invoice,
  type InvoiceLineItem,
} from '../../invoices/invoices.types.js';
import { LineCreditsService, type LineCredit } from '../../invoices/line-credits.service.js';
import { UsageRestatements } from '../../invoices/usage-restatements.service.js';
import type { Ctx } from '../../platform/context.js';
import { PricesService } from '../../plans/prices.service.js';
import { momentOf } from '../../rating/billing-moments.types.js';
import type { RatedLine } from '../../rating/rated-line.types.js';
import { SubscriptionRatingService } from '../../rating/subscription-rating.service.js';
import { SubscriptionPausesService } from '../../subscriptions/subscription-pauses.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { familyOf } from '../line-families.js';
import type { RuleCode } from './explanation-rules.js';
import type { ExplainedQuantity, LineExplanation, LineKind } from './explanation.types.js';
import { changeSteps, fixedSteps, type FixedCharge } from './fixed-steps.js';
import { afterSteps, creditSteps, lateSteps } from './settled-steps.js';
import { StepLedger } from './step-ledger.js';
import { quantityOf, trueUpSteps, usageSteps } from './usage-steps.js';

/** Bills of a subscription's periods: what they charge for usage can be rated again. */
const RATED: ReadonlySet<string> = new Set(['SUBSCRIPTION_CYCLE', 'PRORATION']);
const RESTATES = 'restates_invoice_line_item_id';

/**
 * How the amount of an invoice line came about. Usage is rated again by what bills it, so that the steps are those of the bill;
 * what has changed since stands in a step of its own. Nothing is written.
 */
@Injectable()
export class LineExplanations {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly subscriptions: SubscriptionsService,
    private readonly pauses: SubscriptionPausesService,
    private readonly prices: PricesService,
    private readonly rating: SubscriptionRatingService,
    private readonly credits: LineCreditsService,
    private readonly restatements: UsageRestatements,
  ) {}

  async explain(ctx: Ctx, invoiceId: string, lineId: string): Promise<LineExplanation> {
    const invoice = await this.invoices.get(ctx, invoiceId);
    const lines = await this.invoices.linesOf(ctx, [invoice.id]);
    const line = lines.find(({ id }) => id === lineId);
    if (line === undefined) throw notFound('invoice line item', lineId);
    const [applied, given, restated] = await Promise.all([
      this.invoices.applicationsOf(ctx, [invoice.id]),
      this.credits.of(ctx, [line]),
      this.restatements.about(ctx, line.id),
    ]);
    const amountSteps = await this.amountSteps(ctx, invoice, line);
    return {
      invoice,
      line,
      ...amountSteps,
      after: afterSteps(line, lines, applied, given),
      restatedBy: restated
        .filter((one) => one.restatedLineItemId === line.id && one.invoiceLineItemId !== line.id)
        .map((one) => ({ invoiceId: one.invoiceId, lineId: one.invoiceLineItemId })),
    };
  }

  private async amountSteps(ctx: Ctx, invoice: Invoice, line: InvoiceLineItem): Promise<AmountSteps> {
    const amount = money(line.amount, line.currency);
    if (RESTATES in line.metadata) return this.late(ctx, invoice, line);
    if (UNUSED_TIME_OF in line.metadata) return this.unusedTime(ctx, invoice, line);
    if (CREDITED_TO_WALLET in line.metadata) return plain('wallet_payout', 'credited_to_wallet', amount);
    if (invoice.invoiceType === 'CREDIT') return plain('top_up', 'wallet_credits', amount, line.quantity);
    if (line.priceType === 'USAGE' && invoice.subscriptionId !== null && RATED.has(invoice.billingReason))
      return this.usage(ctx, invoice, line);
    if (line.subscriptionLineItemId !== null && line.subscriptionId !== null)
      return this.fixed(ctx, invoice, line);
    return plain('one_off', 'as_requested', amount, line.quantity);
  }

  private async usage(ctx: Ctx, invoice: Invoice, line: InvoiceLineItem): Promise<AmountSteps> {
    const rated = sameLine(await this.rated(ctx, invoice), line);
    const ledger = new StepLedger();
    const billed = money(line.amount, line.currency);
    const origin = rated?.origin;
    if (rated === undefined || origin === undefined) {
      ledger.add('as_billed', moneyToRate(billed), { quantity: line.quantity });
      return { kind: kindOf(line), quantity: null, steps: ledger.steps, now: null };
    }
    if (origin.kind === 'true_up') trueUpSteps(ledger, origin);
    else usageSteps(ledger, rated, origin);
    const now = roundToMoney(rated.amount, line.currency);
    ledger.to('rounding', moneyToRate(now));
    ledger.to('changed_since_billed', moneyToRate(billed));
    const isSame =
      now.amount === billed.amount &&
      storableQuantity(rated.quantity).equals(storableQuantity(line.quantity));
    return {
      kind: kindOf(line),
      quantity: origin.kind === 'charge' ? quantityOf(origin) : null,
      steps: ledger.steps,
      now: isSame ? null : { quantity: rated.quantity, amount: now },
    };
  }

  /** The same moment as it would be billed now. */
  private async rated(ctx: Ctx, invoice: Invoice, runsUntil?: Date): Promise<readonly RatedLine[]> {
    const { subscriptionId, periodStart: start, periodEnd: end, billingReason: reason } = invoice;
    if (subscriptionId === null || start === null || end === null || !RATED.has(reason)) return [];
    const subscription = await this.subscriptions.get(ctx, subscriptionId);
    const moment = momentOf(subscription, { start, end }, reason);
    return (await this.rating.rate(ctx, [{ subscription, moment, reason, runsUntil }]))[0] ?? [];
  }

  private async late(ctx: Ctx, invoice: Invoice, line: InvoiceLineItem): Promise<AmountSteps> {
    const own = (await this.restatements.about(ctx, line.id)).find(
      (one) => one.invoiceLineItemId === line.id,
    );
    const given = await this.credits.givenBy(ctx, line.id);
    const ledger = new StepLedger();
    lateSteps(ledger, line, own, given);
    ledger.to('as_billed', moneyToRate(money(line.amount, line.currency)));
    return {
      kind: 'late_usage',
      quantity: await this.restatedQuantity(ctx, invoice, line.metadata[RESTATES] as string),
      steps: ledger.steps,
      now: null,
    };
  }

  /** The quantity of the line that late usage restates, as it is now. */
  private async restatedQuantity(
    ctx: Ctx,
    carrier: Invoice,
    restatedId: string,
  ): Promise<ExplainedQuantity | null> {
    const [restated] = await this.invoices.linesById(ctx, [restatedId]);
    if (restated === undefined) return null;
    const rated = await this.rated(
      ctx,
      await this.invoices.get(ctx, restated.invoiceId),
      carrier.periodEnd ?? undefined,
    );
    const origin = sameLine(rated, restated)?.origin;
    return origin?.kind === 'charge' ? quantityOf(origin) : null;
  }

  /** What was paid in advance for another plan, of the invoice lines that charged it. */
  private async unusedTime(ctx: Ctx, invoice: Invoice, line: InvoiceLineItem): Promise<AmountSteps> {
    const given = (await this.credits.takenBy(ctx, invoice.id)).filter(
      ({ source }) => source === 'PRORATION',
    );
    const credited = await this.invoices.linesById(
      ctx,
      given.map((one) => one.lineId),
    );
    const items = await this.subscriptions.linesOf(ctx, [
      ...new Set(credited.flatMap((one) => one.subscriptionId ?? [])),
    ]);
    const meant = items.find(({ id }) => id === line.metadata[UNUSED_TIME_OF]);
    const family = meant === undefined ? new Set<string>() : familyOf(meant, items);
    const isOwn = ({ lineId }: LineCredit): boolean =>
      family.has(credited.find(({ id }) => id === lineId)?.subscriptionLineItemId ?? '');
    const ledger = new StepLedger();
    creditSteps(ledger, 'unused_time', given.filter(isOwn));
    ledger.to('as_billed', moneyToRate(money(line.amount, line.currency)));
    return { kind: 'unused_time', quantity: null, steps: ledger.steps, now: null };
  }

  private async fixed(ctx: Ctx, invoice: Invoice, line: InvoiceLineItem): Promise<AmountSteps> {
    const ledger = new StepLedger();
    const amount = moneyToRate(money(line.amount, line.currency));
    const kind = isChange(invoice, line) ? 'change' : 'fixed';
    const charge = await this.chargeOf(ctx, line);
    if (charge === undefined) ledger.add('as_billed', amount);
    else if (kind === 'change') changeSteps(ledger, charge);
    else fixedSteps(ledger, charge);
    ledger.to('rounding', amount);
    return { kind, quantity: null, steps: ledger.steps, now: null };
  }

  private async chargeOf(ctx: Ctx, line: InvoiceLineItem): Promise<FixedCharge | undefined> {
    const subscriptionId = line.subscriptionId as string;
    const [subscription, items, pauses] = await Promise.all([
      this.subscriptions.get(ctx, subscriptionId),
      this.subscriptions.linesOf(ctx, [subscriptionId]),
      this.pauses.of(ctx, [subscriptionId]),
    ]);
    const item = items.find(({ id }) => id === line.subscriptionLineItemId);
    if (item === undefined) return undefined;
    const before = items.find(({ id }) => id === item.replacesId);
    const prices = await this.prices.byIds(
      ctx,
      [line.priceId, item.priceId, before?.priceId].flatMap((id) => id ?? []),
    );
    return { line, subscription, item, before, prices, pauses };
  }
}

type AmountSteps = Pick<LineExplanation, 'kind' | 'quantity' | 'steps' | 'now'>;

function plain(kind: LineKind, code: RuleCode, amount: Money, quantity?: Rate): AmountSteps {
  const ledger = new StepLedger();
  ledger.add(code, moneyToRate(amount), { quantity });
  return { kind, quantity: null, steps: ledger.steps, now: null };
}

const isChange = ({ billingReason }: Invoice, { displayName }: InvoiceLineItem): boolean =>
  billingReason === 'SUBSCRIPTION_UPDATE' && displayName.endsWith(' (change)');

/** What a commitment has made of a line stands beside it under another name. */
function kindOf({ commitmentInfo, displayName }: InvoiceLineItem): LineKind {
  if (commitmentInfo === null) return 'usage';
  if (displayName.endsWith(' True Up')) return 'true_up';
  return displayName.endsWith(' (Overage)') ? 'overage' : 'usage';
}

/** Of the rated lines the one that bills the same: for the same time, and under the same name where several do. */
function sameLine(rated: readonly RatedLine[], line: InvoiceLineItem): RatedLine | undefined {
  const same = rated.filter(
    (one) =>
      one.priceType === line.priceType &&
      (one.subscriptionLineItemId ?? null) === line.subscriptionLineItemId &&
      one.period?.start.getTime() === line.periodStart?.getTime() &&
      one.period?.end.getTime() === line.periodEnd?.getTime(),
  );
  const named = same.find((one) => one.displayName === line.displayName);
  return named ?? (same.length === 1 && line.commitmentInfo === null ? same[0] : undefined);
}

import { Injectable } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import type { Money } from '../../domain/money.js';
import { fullPeriodAt } from '../../domain/billing-period.js';
import { laterOf, type Period } from '../../domain/period.js';
import type { Ctx } from '../../platform/context.js';
import {
  SubscriptionChainsService,
  type SubscriptionChains,
} from '../../subscriptions/subscription-chains.service.js';
import { scheduleOf, type Subscription } from '../../subscriptions/subscriptions.types.js';
import { LateEventsService } from '../../usage/late-events.service.js';
import { BilledLinesQueries } from '../../invoices/billed-lines.queries.js';
import type { Invoice, InvoiceLineItem, UsageRestatement } from '../../invoices/invoices.types.js';
import type { RatedLine } from '../../rating/rated-line.types.js';
import {
  carriedOf,
  closingOf,
  isEarlier,
  isRemade,
  keyOf,
  mayBear,
  ratedKeyOf,
  restatedKeyOf,
  creditLines,
  lateUsageOf,
  standing,
  type Billed,
  type Books,
  type LateUsage,
  type LateUsageTask,
} from './late-usage-books.js';
import { momentOf } from '../../rating/billing-moments.types.js';
import { LineTaxes } from '../../invoices/line-taxes.service.js';
import { LineCreditsService } from '../../invoices/line-credits.service.js';
import { UsageRestatements } from '../../invoices/usage-restatements.service.js';

/** Rates moments as they would be billed now, in their order. */
export type Rater = (tasks: readonly LateUsageTask[]) => Promise<readonly (readonly RatedLine[])[]>;

/** Usage that arrived after its period was billed: found, and brought onto a later invoice. */
@Injectable()
export class LateUsageService {
  constructor(
    private readonly customers: CustomersService,
    private readonly chains: SubscriptionChainsService,
    private readonly events: LateEventsService,
    private readonly credits: LineCreditsService,
    private readonly taxes: LineTaxes,
    private readonly billedLines: BilledLinesQueries,
    private readonly restatements: UsageRestatements,
  ) {}

  /**
   * What restates earlier periods, for each task in its order. The `rater` is the one that bills, so late usage costs what it
   * would have cost in time. Charges are lines of the bill like any other; credits are given as far as {@link give} has room.
   */
  async find(ctx: Ctx, tasks: readonly LateUsageTask[], rater: Rater): Promise<LateUsage[]> {
    const closing = tasks.filter((task) => closingOf(task) !== undefined);
    const chains = await this.chains.of(ctx, [...new Set(closing.map(({ subscription }) => subscription))]);
    const found = await this.restatable(ctx, closing, chains, rater);
    return tasks.map((task) =>
      lateUsageOf(found.filter((one) => one.carrierId === task.subscription.id && isEarlier(one, task))),
    );
  }

  /**
   * Lines that give back what was corrected, for bills in their order, each given what it comes to without them. A bill never
   * comes to less than zero: what does not fit is carried and comes again.
   */
  async give(
    ctx: Ctx,
    bills: readonly { readonly late: LateUsage; readonly room: Money }[],
  ): Promise<RatedLine[][]> {
    const book = await this.taxes.of(
      ctx,
      bills.flatMap(({ late }) => late.credits.flatMap(({ billed }) => billed.lineIds)),
    );
    return bills.map(({ late, room }) => creditLines(late.credits, room, book));
  }

  /** Everything of those subscriptions that may differ from what was billed; one that does not costs nothing but time. */
  private async restatable(
    ctx: Ctx,
    tasks: readonly LateUsageTask[],
    chains: SubscriptionChains,
    rater: Rater,
  ): Promise<Billed[]> {
    const windows = await this.lateWindows(ctx, tasks);
    // What a change of plan has ended is restated by what goes on.
    const carriers = new Map<string, LateUsageTask>();
    for (const task of tasks)
      for (const { id } of earlierOf(chains, task)) if (!carriers.has(id)) carriers.set(id, task);
    // By later subscriptions of the same contract too: a bill of theirs may have carried it already.
    const restatements = await this.restatements.of(ctx, [
      ...new Set([...carriers.keys()].flatMap((id) => [id, ...chains.of(id).map((one) => one.id)])),
    ]);
    const carried = new Set(restatements.map((one) => carriers.get(one.subscriptionId)?.subscription.id));
    const suspects = tasks.filter(
      (task) =>
        windows.has(task.subscription.id) ||
        carried.has(task.subscription.id) ||
        completed(chains, task) !== undefined,
    );
    if (suspects.length === 0) return [];
    const suspectIds = new Set(suspects.map(({ subscription }) => subscription.id));
    const billed = await this.billedLines.usage(
      ctx,
      [...carriers].flatMap(([id, task]) => (suspectIds.has(task.subscription.id) ? [id] : [])),
    );
    const kept = this.events.keptSince(ctx.now);
    // What bills one key stands and falls together: a price without its overage would seem to be billed too little.
    const byKey = new Map<string, (typeof billed)[number][]>();
    for (const one of billed) byKey.set(keyOf(one.line), [...(byKey.get(keyOf(one.line)) ?? []), one]);
    const suspected = [...byKey.values()].flatMap((own) => {
      const [{ invoice, line }] = own as [(typeof billed)[number]];
      if (kept !== null && (line.periodStart as Date) < kept) return [];
      const task = carriers.get(invoice.subscriptionId as string) as LateUsageTask;
      const window = windows.get(task.subscription.id);
      const isSuspect =
        (window !== undefined && mayBear(line, wholeUntil(chains, task, invoice), window)) ||
        carriedOf(restatements, line) !== 0n ||
        isRemade(
          restatements,
          own.map((one) => one.line),
        ) ||
        completed(chains, task)?.includes(invoice.subscriptionId as string) === true;
      return isSuspect ? own : [];
    });
    const books = await this.books(ctx, suspected, restatements);
    const subscriptions = new Map(
      [...carriers].flatMap(([id, task]) =>
        earlierOf(chains, task).flatMap((one) =>
          one.id === id ? [[id, { subscription: one, task }] as const] : [],
        ),
      ),
    );
    return this.rated(ctx, books.open, { ...books, restatements }, subscriptions, rater);
  }

  /** What else was given back of those lines. They are locked first: nothing gives back of them until this is written. */
  private async books(
    ctx: Ctx,
    suspected: readonly { invoice: Invoice; line: InvoiceLineItem }[],
    restatements: readonly UsageRestatement[],
  ): Promise<Pick<Books, 'credits' | 'carriers'> & { open: { invoice: Invoice; line: InvoiceLineItem }[] }> {
    const keys = new Set(suspected.map(({ line }) => keyOf(line)));
    const own = restatements.filter((one) => keys.has(restatedKeyOf(one)));
    const locked = await this.credits.lock(ctx, [
      ...suspected.map(({ invoice }) => invoice.id),
      ...own.map(({ invoiceId }) => invoiceId),
    ]);
    const open = suspected.filter(({ invoice }) => locked.get(invoice.id)?.invoiceStatus !== 'VOIDED');
    const carriers = await this.restatements.carriersOf(ctx, own);
    const lines = [...open.map(({ line }) => line), ...carriers.values()];
    const credits = (await this.credits.of(ctx, lines)).filter(({ source }) => source !== 'LATE_USAGE');
    return { open, carriers, credits };
  }

  /** When the late events of each subscription's customer have happened. */
  private async lateWindows(ctx: Ctx, tasks: readonly LateUsageTask[]): Promise<Map<string, Period>> {
    const customers = await this.customers.listByIds(ctx, [
      ...new Set(tasks.map((task) => task.subscription.customerId)),
    ]);
    const externalIds = new Map(customers.map((customer) => [customer.id, customer.externalId]));
    const asked = tasks.map((task) => ({
      externalCustomerId: externalIds.get(task.subscription.customerId) ?? '',
      boundary: (closingOf(task) as Period).start,
    }));
    const spans = await this.events.spans(ctx, asked);
    return new Map(
      tasks.flatMap((task, index) => {
        const span = spans[index];
        return span === undefined || span === null ? [] : [[task.subscription.id, span] as const];
      }),
    );
  }

  /** What the same moments come to now, set beside what was billed for them. */
  private async rated(
    ctx: Ctx,
    open: readonly { invoice: Invoice; line: InvoiceLineItem }[],
    books: Books,
    subscriptions: ReadonlyMap<string, { readonly subscription: Subscription; readonly task: LateUsageTask }>,
    rater: Rater,
  ): Promise<Billed[]> {
    const invoices = [...new Map(open.map(({ invoice }) => [invoice.id, invoice])).values()];
    const past = invoices.map((invoice): LateUsageTask => {
      const { subscription, task } = subscriptions.get(invoice.subscriptionId as string) as {
        subscription: Subscription;
        task: LateUsageTask;
      };
      const period = { start: invoice.periodStart as Date, end: invoice.periodEnd as Date };
      return {
        subscription,
        moment: momentOf(subscription, period, invoice.billingReason),
        reason: invoice.billingReason,
        runsUntil: task.runsUntil ?? closingOf(task)?.end,
      };
    });
    const now = await rater(past);
    const seen = new Set<string>();
    return open.flatMap(({ invoice, line }): Billed[] => {
      const key = keyOf(line);
      if (seen.has(key)) return [];
      seen.add(key);
      const rated = (now[invoices.indexOf(invoice)] ?? []).filter((one) => ratedKeyOf(one) === key);
      const [first] = rated;
      // A line that would not be billed at all today is left as it was billed: its price or window was changed since.
      if (first === undefined) return [];
      const same = open.filter((one) => keyOf(one.line) === key).map((one) => one.line);
      const own = { ...books, restatements: books.restatements.filter((one) => restatedKeyOf(one) === key) };
      const carrierId = subscriptions.get(invoice.subscriptionId as string)?.task.subscription.id as string;
      return [
        {
          invoice,
          line,
          carrierId,
          lineIds: [...same, ...chargesOf(own)].map(({ id }) => id),
          rated: first,
          ...standing(key, same, own, rated),
        },
      ];
    });
  }
}

/** What was charged later for the usage of a period. */
const chargesOf = ({ restatements, carriers }: Books): InvoiceLineItem[] =>
  restatements.flatMap(({ invoiceLineItemId }) => {
    const line = carriers.get(invoiceLineItemId);
    return line !== undefined && line.amount > 0n ? [line] : [];
  });

/** The task's subscription and those whose places it has taken. */
function earlierOf(chains: SubscriptionChains, { subscription }: LateUsageTask): Subscription[] {
  const chain = chains.of(subscription.id);
  const place = chain.findIndex(({ id }) => id === subscription.id);
  return [...chain.slice(0, Math.max(place, 0)), subscription];
}

/** Where the period of a bill ends, that a change of plan may have cut: with the part of it that goes on. */
function wholeUntil(chains: SubscriptionChains, task: LateUsageTask, invoice: Invoice): Date {
  const chain = earlierOf(chains, task);
  const place = chain.findIndex(({ id }) => id === invoice.subscriptionId);
  const full = fullPeriodAt(scheduleOf(chain[place] as Subscription), invoice.periodStart as Date);
  const next = chain[place + 1];
  return next === undefined || full.end <= next.startDate
    ? full.end
    : laterOf(full.end, fullPeriodAt(scheduleOf(next), next.startDate).end);
}

/**
 * Of a task that closes the first period after a change of plan: the subscriptions whose stretches of it are billed. What
 * they come to is known now that all of the period has been used.
 */
function completed(chains: SubscriptionChains, task: LateUsageTask): string[] | undefined {
  const { subscription } = task;
  if (
    subscription.continuesId === null ||
    closingOf(task)?.start.getTime() !== subscription.startDate.getTime()
  )
    return undefined;
  return earlierOf(chains, task).flatMap(({ id }) => (id === subscription.id ? [] : [id]));
}

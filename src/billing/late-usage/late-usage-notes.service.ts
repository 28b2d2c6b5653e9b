import { Injectable } from '@nestjs/common';
import { allocateMoney, money, subtractMoney, sumMoney, zeroMoney, type Money } from '../../domain/money.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import { LineTaxes } from '../../invoices/line-taxes.service.js';
import { UsageRestatements } from '../../invoices/usage-restatements.service.js';
import type { Ctx } from '../../platform/context.js';
import type { CreditPart, NotedParts } from '../giving-back.service.js';
import { restatementOf, type LateCredit } from './late-usage-books.js';

export const CORRECTED_USAGE = {
  reason: 'BILLING_ERROR',
  memo: 'Usage that was corrected after it was billed',
} as const;

/** Corrections of usage that stand on credit notes of the invoices that billed it. */
@Injectable()
export class LateUsageNotes {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly taxes: LineTaxes,
    private readonly restatements: UsageRestatements,
  ) {}

  /** Of each credit, the lines that it is given back of. */
  async partsOf(ctx: Ctx, credits: readonly LateCredit[]): Promise<CreditPart[][]> {
    const book = await this.taxes.of(
      ctx,
      credits.flatMap(({ billed }) => billed.lineIds),
    );
    return credits.map(({ billed, credit }) =>
      book.takeOfAll(billed.lineIds, credit).map(({ lineId, net }) => ({ lineId, net, period: null })),
    );
  }

  /**
   * Writes down to what the notes have brought the periods. Each note moves its part, so that one that is taken back gives
   * that part free. Answers the credits with what is still to be given.
   */
  async record(
    ctx: Ctx,
    subscriptionId: string,
    credits: readonly LateCredit[],
    parts: readonly (readonly CreditPart[])[],
    notes: readonly NotedParts[],
  ): Promise<LateCredit[]> {
    const places = parts.flatMap((own, credit) => own.map(() => credit));
    const left: LateCredit[] = [];
    for (const [index, credit] of credits.entries()) {
      const takes = notes.flatMap(({ note, taken }) => {
        const net = sumMoney(
          [...taken].flatMap(([place, amount]) => (places[place] === index ? [amount] : [])),
          credit.credit.currency,
        );
        return net.amount > 0n ? [{ note, net }] : [];
      });
      left.push(takes.length === 0 ? credit : await this.recordOne(ctx, subscriptionId, credit, takes));
    }
    return left;
  }

  private async recordOne(
    ctx: Ctx,
    subscriptionId: string,
    before: LateCredit,
    takes: readonly { readonly note: NotedParts['note']; readonly net: Money }[],
  ): Promise<LateCredit> {
    const { billed, credit, isCarriedOnly } = before;
    const { usage } = billed;
    const { currency } = credit;
    const open = subtractMoney(
      credit,
      sumMoney(
        takes.map(({ net }) => net),
        currency,
      ),
    );
    const moved = isCarriedOnly ? zeroMoney(currency) : subtractMoney(usage.gross, usage.rated);
    const shares = allocateMoney(
      moved,
      takes.map(({ net }) => net.amount),
    );
    let stands = usage.gross.amount;
    for (const [index, { note }] of takes.entries()) {
      const amountBefore = stands;
      stands -= (shares[index] as Money).amount;
      const whole = restatementOf(billed, {
        carried: index === 0 ? open.amount - usage.carried.amount : 0n,
        moves: !isCarriedOnly && index === 0,
      });
      await this.restatements.recordCredited(
        ctx,
        subscriptionId,
        await this.invoices.get(ctx, note.invoiceId),
        note.id,
        [isCarriedOnly ? whole : { ...whole, amountBefore, amount: stands }],
      );
    }
    return {
      ...before,
      credit: open,
      isCarriedOnly: true,
      billed: { ...billed, usage: { ...usage, carried: open } },
    };
  }
}

/** What notes come to together. */
export const noteTotal = (notes: readonly NotedParts[], currency: string): Money =>
  sumMoney(
    notes.map(({ note }) => money(note.totalAmount, note.currency)),
    currency,
  );

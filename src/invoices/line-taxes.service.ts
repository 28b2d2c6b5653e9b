import { Injectable } from '@nestjs/common';
import { taxesByLine, taxOfCredit, type LineTax } from '../domain/invoicing/line-tax.js';
import { takeFrom } from '../domain/invoicing/line-account.js';
import {
  addMoney,
  floorAtZero,
  money,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type Money,
} from '../domain/money.js';
import type { Ctx } from '../platform/context.js';
import type { SettledTaxPart } from '../rating/rated-line.types.js';
import { InvoicePartsStore } from './invoice-parts.store.js';
import type { InvoiceLineItem, InvoiceTaxApplication } from './invoices.types.js';
import { LineCreditsService, netOf } from './line-credits.service.js';

/** Something that is given back of a line: before tax, and the tax that goes back with it by the rates that levied it. */
export interface TaxedCredit {
  readonly lineId: string;
  readonly net: Money;
  /** Negative, like a line that gives it back. */
  readonly taxes: readonly SettledTaxPart[];
}

/** The tax that was levied on lines, and goes back with what is given back of them. */
@Injectable()
export class LineTaxes {
  constructor(
    private readonly parts: InvoicePartsStore,
    private readonly credits: LineCreditsService,
  ) {}

  /** What was levied on those lines of locked invoices, and has gone back of it. */
  async of(ctx: Ctx, lineIds: readonly string[]): Promise<LineTaxBook> {
    if (lineIds.length === 0) return new LineTaxBook(new Map(), new Map(), new Map());
    const invoiceIds = await this.parts.invoicesOf(ctx, lineIds);
    const lines = await this.parts.linesOf(ctx, invoiceIds);
    const { taxes } = await this.parts.applicationsOf(ctx, invoiceIds);
    const levied = taxes.filter(({ invoiceLineItemId }) => invoiceLineItemId === null);
    const byLine = new Map(
      invoiceIds.flatMap((id) => [
        ...taxesByLine(
          lines.filter(({ invoiceId }) => invoiceId === id).map(taxedLine),
          levied
            .filter(({ invoiceId }) => invoiceId === id)
            .map((tax) => ({ taxKey: tax.id, amount: money(tax.taxAmount, tax.currency) })),
        ),
      ]),
    );
    const before = await this.credits.of(ctx, lines);
    return new LineTaxBook(
      new Map(
        lines.map((line) => {
          const own = before.filter((one) => one.lineId === line.id);
          const net = sum(
            own.map((one) => one.net),
            line.currency,
          );
          const amount = sum(
            own.map((one) => one.amount),
            line.currency,
          );
          return [line.id, { net, tax: subtractMoney(amount, net) }];
        }),
      ),
      new Map(lines.map((line) => [line.id, { net: netOf(line), taxes: byLine.get(line.id) ?? [] }])),
      new Map(levied.map((tax) => [tax.id, tax])),
    );
  }
}

/** What was levied on lines, with what goes back as it goes. */
export class LineTaxBook {
  constructor(
    private readonly credited: Map<string, { readonly net: Money; readonly tax: Money }>,
    private readonly lines: ReadonlyMap<string, { readonly net: Money; readonly taxes: readonly LineTax[] }>,
    private readonly levied: ReadonlyMap<string, InvoiceTaxApplication>,
  ) {}

  /** What giving back that much of a line takes of its tax with it. Nothing is given back by asking. */
  taxOn(lineId: string, net: Money): Money {
    return sum(
      this.parts(lineId, net).map(({ amount }) => amount),
      net.currency,
    );
  }

  /** Of lines that charge for the same, each up to what it still holds. */
  taxOnAll(lineIds: readonly string[], net: Money): Money {
    return sum(
      this.shared(lineIds, net).map(([lineId, part]) => this.taxOn(lineId, part)),
      net.currency,
    );
  }

  /** Gives that much of a line back. */
  take(lineId: string, net: Money): TaxedCredit {
    const back = this.parts(lineId, net);
    this.takeWith(
      lineId,
      net,
      sum(
        back.map(({ amount }) => amount),
        net.currency,
      ),
    );
    return { lineId, net, taxes: back.map(({ taxKey, amount }) => this.described(taxKey, net, amount)) };
  }

  /** Gives that much of a line back, with that much of its tax. */
  takeWith(lineId: string, net: Money, tax: Money): void {
    const zero = zeroMoney(net.currency);
    const before = this.credited.get(lineId) ?? { net: zero, tax: zero };
    this.credited.set(lineId, { net: addMoney(before.net, net), tax: addMoney(before.tax, tax) });
  }

  takeOfAll(lineIds: readonly string[], net: Money): TaxedCredit[] {
    return this.shared(lineIds, net).map(([lineId, part]) => this.take(lineId, part));
  }

  private shared(lineIds: readonly string[], net: Money): [string, Money][] {
    const taken = takeFrom(
      net,
      lineIds.map((key) => ({
        key,
        holds: floorAtZero(
          subtractMoney(
            this.lines.get(key)?.net ?? zeroMoney(net.currency),
            this.credited.get(key)?.net ?? zeroMoney(net.currency),
          ),
        ),
      })),
    );
    return [...taken];
  }

  private parts(lineId: string, net: Money): LineTax[] {
    const line = this.lines.get(lineId);
    const zero = zeroMoney(net.currency);
    return line === undefined
      ? []
      : taxOfCredit(net, { ...line, credited: this.credited.get(lineId) ?? { net: zero, tax: zero } });
  }

  private described(taxKey: string, net: Money, amount: Money): SettledTaxPart {
    const tax = this.levied.get(taxKey) as InvoiceTaxApplication;
    return {
      taxRateId: tax.taxRateId,
      taxAssociationId: tax.taxAssociationId,
      entityType: tax.entityType,
      entityId: tax.entityId,
      taxRate: tax.taxRate,
      taxableAmount: money(-net.amount, net.currency),
      amount: money(-amount.amount, amount.currency),
    };
  }
}

/** What is given back with its tax. */
export const withTax = ({ net, taxes }: Pick<TaxedCredit, 'net' | 'taxes'>): Money =>
  subtractMoney(
    net,
    sum(
      taxes.map(({ amount }) => amount),
      net.currency,
    ),
  );

const sum = (amounts: readonly Money[], currency: string): Money => sumMoney(amounts, currency);

export const taxedLine = (line: InvoiceLineItem): { key: string; net: Money; ownTax: Money | null } => ({
  key: line.id,
  net: netOf(line),
  ownTax: line.ownTax === null ? null : money(line.ownTax, line.currency),
});

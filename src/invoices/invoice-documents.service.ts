import { Injectable } from '@nestjs/common';
import { CustomersService } from '../customers/customers.service.js';
import { notImplemented } from '../domain/errors.js';
import { formatMoney, money } from '../domain/money.js';
import { formatRate } from '../domain/rate.js';
import type { Ctx } from '../platform/context.js';
import { TenancyService } from '../tenancy/tenancy.service.js';
import { loadOptional, MissingPackageError } from '../platform/optional-package.js';
import type { InvoiceDocument } from './invoice-pdf.js';
import { InvoicesService } from './invoices.service.js';
import type { Invoice, InvoiceApplications } from './invoices.types.js';

/** Invoices as documents for people. */
@Injectable()
export class InvoiceDocumentsService {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly customers: CustomersService,
    private readonly tenancy: TenancyService,
  ) {}

  async read(ctx: Ctx, id: string): Promise<InvoiceDocument> {
    const invoice = await this.invoices.get(ctx, id);
    const lines = await this.invoices.linesOf(ctx, [id]);
    const applied = await this.invoices.applicationsOf(ctx, [id]);
    const tenant = await this.tenancy.getTenant(ctx, ctx.scope.tenantId);
    const [customer] = await this.customers.listByIds(ctx, [invoice.customerId]);
    const amount = (minor: bigint): string =>
      `${formatMoney(money(minor, invoice.currency))} ${invoice.currency.toUpperCase()}`;
    return {
      title: TITLES[invoice.invoiceStatus],
      number: invoice.invoiceNumber ?? invoice.id,
      seller: [tenant.name, tenant.metadata.billing_address, tenant.metadata.tax_id].filter(isText),
      customer: [
        customer?.name,
        customer?.addressLine1,
        customer?.addressLine2,
        [customer?.addressPostalCode, customer?.addressCity].filter(isText).join(' '),
        [customer?.addressState, customer?.addressCountry].filter(isText).join(', '),
        customer?.email,
      ].filter(isText),
      facts: [
        ['Issued', day(invoice.issueDate)],
        ['Due', day(invoice.dueDate)],
        ['Period', span(invoice.periodStart, invoice.periodEnd)],
        ['Payment', payment(invoice)],
      ].filter((fact): fact is [string, string] => isText(fact[1])),
      description: invoice.description ?? undefined,
      lines: lines.map((line) => ({
        name: line.displayName,
        period: span(line.periodStart, line.periodEnd),
        quantity: formatRate(line.quantity),
        amount: amount(line.amount),
      })),
      totals: totalsOf(invoice, applied, amount),
      due: ['Amount due', amount(invoice.amountRemaining)],
      paymentLink: invoice.amountRemaining > 0n ? paymentLinkOf(invoice) : undefined,
    };
  }

  async render(document: InvoiceDocument): Promise<Buffer> {
    const { renderInvoicePdf } = await loadOptional(
      'PDFs of invoices',
      'pdfkit dejavu-fonts-ttf',
      () => import('./invoice-pdf.js'),
    ).catch((error: unknown) => {
      throw error instanceof MissingPackageError ? notImplemented(error.message) : error;
    });
    return renderInvoicePdf(document);
  }
}

const TITLES: Readonly<Record<Invoice['invoiceStatus'], string>> = {
  DRAFT: 'Draft invoice',
  FINALIZED: 'Invoice',
  VOIDED: 'Void invoice',
  SKIPPED: 'Empty invoice',
};

const isText = (value: string | null | undefined): value is string =>
  value !== null && value !== undefined && value.trim() !== '';

const day = (at: Date | null): string | undefined => at?.toISOString().slice(0, 10);

function span(start: Date | null, end: Date | null): string | undefined {
  if (start === null || end === null) return undefined;
  return `${start.toISOString().slice(0, 10)} – ${end.toISOString().slice(0, 10)}`;
}

function payment(invoice: Invoice): string | undefined {
  if (invoice.paidAt === null) return undefined;
  const { payment_method: method, last4 } = invoice.paymentDetails ?? { payment_method: '', last4: null };
  return ['paid', day(invoice.paidAt), method, last4 === null ? '' : `•••• ${last4}`]
    .filter(isText)
    .join(' ');
}

/** Everything between the lines and what is due; what is zero is left out. */
function totalsOf(
  invoice: Invoice,
  applied: InvoiceApplications,
  amount: (minor: bigint) => string,
): InvoiceDocument['totals'] {
  const coupons = applied.coupons.map((one): [string, bigint] => [
    `Discount: ${nameOf(one.couponSnapshot, 'coupon')}`,
    -one.discountedAmount,
  ]);
  const taxes = applied.taxes.map((one): [string, bigint] => [
    `Tax: ${nameOf(one.taxRate ?? {}, 'tax')}`,
    one.taxAmount,
  ]);
  const entries: [string, bigint][] = [
    ...(coupons.length > 0 ? coupons : ([['Discount', -invoice.totalDiscount]] as [string, bigint][])),
    ['Prepaid credits', -invoice.totalPrepaidCreditsApplied],
    ...(taxes.length > 0 ? taxes : ([['Tax', invoice.totalTax]] as [string, bigint][])),
  ];
  const after: [string, bigint][] = [
    ['Credit notes', -invoice.adjustmentAmount],
    ['Paid', -invoice.amountPaid],
    ['Given back', invoice.refundedAmount],
  ];
  const shown = (list: [string, bigint][]): [string, string][] =>
    list.filter(([, minor]) => minor !== 0n).map(([name, minor]) => [name, amount(minor)]);
  return [
    ['Subtotal', amount(invoice.subtotal)],
    ...shown(entries),
    ['Total', amount(invoice.total)],
    ...shown(after),
  ];
}

const nameOf = (snapshot: Readonly<Record<string, unknown>>, otherwise: string): string =>
  typeof snapshot.name === 'string' ? snapshot.name : otherwise;

/** Providers write the pages they host into the invoice's metadata, each under its own name. */
const paymentLinkOf = (invoice: Invoice): string | undefined =>
  Object.entries(invoice.metadata).find(([key]) => /_(hosted_invoice|checkout)_url$/.test(key))?.[1];

import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';

/** An invoice as a person reads it: texts only, in their order. */
export interface InvoiceDocument {
  readonly title: string;
  readonly number: string;
  readonly seller: readonly string[];
  readonly customer: readonly string[];
  readonly facts: readonly (readonly [string, string])[];
  readonly description: string | undefined;
  readonly lines: readonly {
    readonly name: string;
    readonly period: string | undefined;
    readonly quantity: string;
    readonly amount: string;
  }[];
  readonly totals: readonly (readonly [string, string])[];
  readonly due: readonly [string, string];
  readonly paymentLink: string | undefined;
}

const require = createRequire(import.meta.url);
/**
 * DejaVu Sans: Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic and most symbols. What it lacks, Chinese and
 * Japanese above all, is printed as an empty box; nothing fails.
 */
const REGULAR = require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
const BOLD = require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf');

const PAGE = { left: 50, right: 545, top: 50, bottom: 770 };
const COLUMN = { name: 50, quantity: 330, amount: 420 };
const WIDTH = { name: 270, quantity: 80, amount: PAGE.right - COLUMN.amount };

/** A4, as many pages as it needs; the head of the table is repeated on each. */
export function renderInvoicePdf(invoice: InvoiceDocument): Promise<Buffer> {
  const doc = new PDFDocument({
    size: 'A4',
    margins: { top: PAGE.top, bottom: 20, left: PAGE.left, right: 50 },
    bufferPages: true,
    info: { Title: `${invoice.title} ${invoice.number}` },
  });
  const chunks: Buffer[] = [];
  const done = new Promise<Buffer>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => {
      resolve(Buffer.concat(chunks));
    });
    doc.on('error', reject);
  });
  doc.registerFont('regular', REGULAR).registerFont('bold', BOLD);
  new Sheet(doc).draw(invoice);
  doc.end();
  return done;
}

class Sheet {
  private y = PAGE.top;

  constructor(private readonly doc: PDFKit.PDFDocument) {}

  draw(invoice: InvoiceDocument): void {
    this.head(invoice);
    this.tableHead();
    for (const line of invoice.lines) this.line(line);
    this.rule();
    for (const [name, amount] of invoice.totals) this.total(name, amount, false);
    this.total(...invoice.due, true);
    if (invoice.paymentLink !== undefined) this.link(invoice.paymentLink);
    this.pageNumbers(invoice);
  }

  private head(invoice: InvoiceDocument): void {
    this.y += this.text('bold', 18, `${invoice.title} ${invoice.number}`, PAGE.left, 495) + 14;
    const top = this.y;
    const left = this.block('From', invoice.seller, PAGE.left);
    const right = this.block('To', invoice.customer, COLUMN.quantity);
    this.y = Math.max(top + left, top + right) + 10;
    for (const [name, value] of invoice.facts) {
      this.text('bold', 9, name, PAGE.left, 70);
      this.y += this.text('regular', 9, value, PAGE.left + 75, 400) + 3;
    }
    if (invoice.description !== undefined)
      this.y += this.text('regular', 9, invoice.description, PAGE.left, 495) + 3;
    this.y += 12;
  }

  /** Answers how high it is. */
  private block(name: string, lines: readonly string[], x: number): number {
    const top = this.y;
    this.y += this.text('bold', 9, name, x, 215) + 3;
    for (const line of lines) this.y += this.text('regular', 9, line, x, 215) + 2;
    const height = this.y - top;
    this.y = top;
    return height;
  }

  private tableHead(): void {
    this.text('bold', 9, 'Description', COLUMN.name, WIDTH.name);
    this.text('bold', 9, 'Quantity', COLUMN.quantity, WIDTH.quantity, 'right');
    this.y += this.text('bold', 9, 'Amount', COLUMN.amount, WIDTH.amount, 'right') + 4;
    this.rule();
  }

  private line(line: InvoiceDocument['lines'][number]): void {
    const height = this.height('regular', 9, line.name, WIDTH.name) + (line.period === undefined ? 0 : 12);
    if (this.y + height > PAGE.bottom) {
      this.doc.addPage();
      this.y = PAGE.top;
      this.tableHead();
    }
    this.text('regular', 9, line.quantity, COLUMN.quantity, WIDTH.quantity, 'right');
    this.text('regular', 9, line.amount, COLUMN.amount, WIDTH.amount, 'right');
    this.y += this.text('regular', 9, line.name, COLUMN.name, WIDTH.name);
    if (line.period !== undefined) this.y += this.text('regular', 7, line.period, COLUMN.name, WIDTH.name);
    this.y += 6;
  }

  private total(name: string, amount: string, strong: boolean): void {
    this.keepTogether(24);
    const font = strong ? 'bold' : 'regular';
    const size = strong ? 11 : 9;
    this.text(font, size, amount, COLUMN.amount, WIDTH.amount, 'right');
    this.y += this.text(font, size, name, 200, COLUMN.amount - 210, 'right') + 5;
  }

  private link(url: string): void {
    this.keepTogether(30);
    this.y += 10;
    this.doc.font('regular').fontSize(9).fillColor('#1a4fa0');
    this.doc.text(`Pay online: ${url}`, PAGE.left, this.y, { width: 495, link: url });
    this.y = this.doc.y;
    this.doc.fillColor('black');
  }

  private pageNumbers(invoice: InvoiceDocument): void {
    const { count } = this.doc.bufferedPageRange();
    for (let page = 0; page < count; page++) {
      this.doc.switchToPage(page);
      this.y = 800;
      this.text('regular', 7, `${invoice.number} · ${page + 1} / ${count}`, PAGE.left, 495, 'center');
    }
  }

  private keepTogether(height: number): void {
    if (this.y + height <= PAGE.bottom) return;
    this.doc.addPage();
    this.y = PAGE.top;
  }

  private rule(): void {
    this.doc.moveTo(PAGE.left, this.y).lineTo(PAGE.right, this.y).lineWidth(0.5).stroke('#999999');
    this.y += 6;
  }

  private height(font: string, size: number, text: string, width: number): number {
    return this.doc.font(font).fontSize(size).heightOfString(printable(text), { width });
  }

  /** Writes at the current height and answers how high it is; the cursor is moved by whoever calls. */
  private text(
    font: 'regular' | 'bold',
    size: number,
    text: string,
    x: number,
    width: number,
    align: 'left' | 'right' | 'center' = 'left',
  ): number {
    const height = this.height(font, size, text, width);
    this.doc.fillColor('black').text(printable(text), x, this.y, { width, align });
    return height;
  }
}

/** Control characters have no glyph. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

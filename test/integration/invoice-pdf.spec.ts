import { renderInvoicePdf, type InvoiceDocument } from '../../src/invoices/invoice-pdf.js';
import { pdfPages } from '../support/pdf-text.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const DOCUMENT: InvoiceDocument = {
  title: 'Invoice',
  number: 'INV-202611-00007',
  seller: ['Seller & Söhne'],
  customer: ['Acme', 'buyer@acme.test'],
  facts: [
    ['Due', '2026-12-01'],
    ['Period', '2026-10-01 – 2026-11-01'],
  ],
  description: 'For October',
  lines: [{ name: 'Tokens', period: '2026-10-01 – 2026-11-01', quantity: '2000', amount: '3 USD' }],
  totals: [
    ['Subtotal', '3 USD'],
    ['Discount: Launch', '-1 USD'],
    ['Tax: VAT', '0.4 USD'],
    ['Prepaid credits', '-0.5 USD'],
    ['Total', '1.9 USD'],
  ],
  due: ['Amount due', '1.9 USD'],
  paymentLink: 'https://pay.test/i/7',
};

describe('the PDF of an invoice', () => {
  const read = async (change: Partial<InvoiceDocument>): Promise<string[]> =>
    pdfPages(await renderInvoicePdf({ ...DOCUMENT, ...change }));

  it('says everything that is on the invoice', async () => {
    const [page, ...more] = await read({});
    expect(more).toEqual([]);
    const texts = [
      'Invoice INV-202611-00007',
      'Seller & Söhne',
      'Acme',
      'buyer@acme.test',
      '2026-12-01',
      'For October',
      'Tokens',
      '2026-10-01 – 2026-11-01',
      '2000',
      'Discount: Launch',
      '-1 USD',
      'Tax: VAT',
      '0.4 USD',
      'Prepaid credits',
      'Amount due',
      '1.9 USD',
      'Pay online: https://pay.test/i/7',
      '1 / 1',
    ];
    for (const text of texts) expect(page).toContain(text);
  });

  it('goes on over as many pages as it needs, and loses no line', async () => {
    const lines = Array.from({ length: 120 }, (_, i) => ({
      name: `Line number ${i + 1}`,
      period: undefined,
      quantity: '1',
      amount: `${i}.01 USD`,
    }));
    const pages = await read({ lines });
    expect(pages.length).toBeGreaterThan(2);
    for (const page of pages) expect(page).toContain(`/ ${pages.length}`);
    expect(pages.at(-1)).toContain('Amount due');
    const all = pages.join('\n').split('\n');
    for (const line of lines) {
      expect(all).toContain(line.name);
      expect(all).toContain(line.amount);
    }
    expect(pages.every((page) => !page.includes('Line') || page.includes('Description'))).toBe(true);
  });

  it('prints names of other scripts, and boxes where the font has no glyph', async () => {
    const names = ['Œuvre Łódź', 'Компания «Ромашка»', 'Ελληνική', 'Հայերեն', 'line\nbreak\u0007'];
    const [page] = await read({ customer: names });
    for (const name of names.slice(0, 4)) expect(page).toContain(name);
    expect(page).toContain('line break');
    for (const customer of [['株式会社テスト'], ['شركة'], ['חברה'], ['🧾 emoji'], ['नमस्ते'], ['']])
      expect((await read({ customer })).length).toBe(1);
  });
});

describe('GET /invoices/{id}/pdf', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('answers the invoice that the API shows', async () => {
    const customer = await server.api.create('/customers', {
      external_id: 'pdf',
      name: 'Łukasz Żółć',
      email: 'l@x.test',
      address_line1: 'Rynek 1',
    });
    const invoice = await server.api.create('/invoices', {
      customer_id: customer.id,
      currency: 'jpy',
      amount_due: '1500',
      line_items: [
        { amount: '2000', quantity: '2.5', display_name: 'Beratung' },
        { amount: '-500', quantity: '1', display_name: 'Credit' },
      ],
      invoice_status: 'FINALIZED',
      metadata: { some_hosted_invoice_url: 'https://pay.test/here' },
    });
    const response = await fetch(`${server.url}/v1/invoices/${invoice.id}/pdf?force_generate=true`, {
      headers: { 'x-api-key': server.tenant.apiKey },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/pdf');
    const [page] = pdfPages(Buffer.from(await response.arrayBuffer()));
    const due = new Date(invoice.due_date as string).toISOString().slice(0, 10);
    const texts = [
      invoice.invoice_number as string,
      'Łukasz Żółć',
      'Rynek 1',
      'l@x.test',
      'Beratung',
      '2.5',
      '2000 JPY',
      '-500 JPY',
      '1500 JPY',
      due,
      'https://pay.test/here',
    ];
    for (const text of texts) expect(page).toContain(text);
  });

  it('answers an address only where a provider shows one', async () => {
    const customer = await server.api.create('/customers', { external_id: 'pdf-url', name: 'U' });
    const invoice = await server.api.create('/invoices', {
      customer_id: customer.id,
      currency: 'usd',
      amount_due: '1',
    });
    const address = `/invoices/${invoice.id}/pdf?url=true`;
    expect((await server.api.send('GET', address)).status).toBe(501);
    await server.api.put(`/invoices/${invoice.id}`, { invoice_pdf_url: 'https://files.test/7.pdf' });
    expect(await server.api.get(address)).toEqual({ presigned_url: 'https://files.test/7.pdf' });
    expect((await server.api.send('GET', '/invoices/inv_none/pdf')).status).toBe(404);
  });
});

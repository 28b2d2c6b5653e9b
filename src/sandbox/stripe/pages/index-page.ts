import type { FastifyInstance } from 'fastify';
import type { Controls } from '../../core/controls.js';
import { showAmount, showTime } from '../../core/display.js';
import { html, table, type Markup } from '../../core/html.js';
import { maskKey } from '../../core/ids.js';
import { text } from '../../core/json.js';
import type { Account } from '../account.js';
import { show, type PageHost } from './page-context.js';

const SHOWN = 20;

/** `/`: what is in the sandbox, for people. */
export function addIndexPage(server: FastifyInstance, host: PageHost, controls: Controls): void {
  server.get('/', async (_request, reply) => {
    const accounts = [...host.accounts()];
    const violations = controls.schemaViolations();
    return show(
      reply,
      200,
      'Stripe sandbox',
      html`<h1>Stripe sandbox</h1>
        <p class="soft">
          Sandbox time ${controls.time().now} · <a href="/_sandbox">control</a> ·
          <a href="/_sandbox/schema_violations">${violations.length} schema violations</a>
        </p>
        ${
          accounts.length === 0 &&
          html`<section class="card">
            Nobody has called yet. Any key like <code>sk_test_anything</code> opens an account of its own.
          </section>`
        }
        ${accounts.map((account) => accountSection(account, controls))}`,
    );
  });
}

function accountSection(account: Account, controls: Controls): Markup {
  const { customers, invoices, sessions, paymentIntents } = account;
  const recent = <T>(items: readonly T[]): readonly T[] => items.slice(0, SHOWN);
  return html`<section class="card">
    <h1>${account.id}</h1>
    <p class="soft">${[...account.keys].map(maskKey).join(', ')}</p>
    <h2>Customers</h2>
    ${table(
      [{ title: 'Id' }, { title: 'Name' }, { title: 'Email' }, { title: 'Created' }],
      recent(customers.newestFirst()).map(({ id, name, email, created }) => [
        id,
        name,
        email,
        showTime(created ?? null),
      ]),
    )}
    <h2>Invoices</h2>
    ${table(
      [
        { title: 'Id' },
        { title: 'Number' },
        { title: 'Status' },
        { title: 'Total', number: true },
        { title: '' },
      ],
      recent(invoices.newestFirst()).map((invoice) => [
        invoice.id,
        invoice.number,
        invoice.status,
        showAmount(invoice.total, invoice.currency),
        invoice.hosted_invoice_url !== null && html`<a href="${invoice.hosted_invoice_url}">page</a>`,
      ]),
    )}
    <h2>Checkout</h2>
    ${table(
      [{ title: 'Mode' }, { title: 'Status' }, { title: 'Amount', number: true }, { title: '' }],
      recent(sessions.newestFirst()).map(({ mode, status, amount_total: total, currency, url }) => [
        mode,
        status,
        total === null || currency === null ? '' : showAmount(total, currency),
        url !== null && html`<a href="${url}">page</a>`,
      ]),
    )}
    <h2>Payments</h2>
    ${table(
      [{ title: 'Id' }, { title: 'Status' }, { title: 'Amount', number: true }, { title: 'Last error' }],
      recent(paymentIntents.newestFirst()).map((intent) => [
        intent.id,
        intent.status,
        showAmount(intent.amount, intent.currency),
        text(intent.last_payment_error?.message),
      ]),
    )}
    <h2>Webhooks</h2>
    ${table(
      [{ title: 'Type' }, { title: 'Status' }, { title: 'Attempts', number: true }, { title: 'To' }],
      recent(controls.deliveries({ account: account.id }).reverse()).map((delivery) => [
        delivery.type,
        delivery.status,
        delivery.attempts.length,
        delivery.url,
      ]),
    )}
    <h2>Requests</h2>
    ${table(
      [{ title: 'At' }, { title: 'Request' }, { title: 'Status' }, { title: 'Idempotency key' }],
      recent(controls.requests({ account: account.id }).reverse()).map((request) => [
        request.at.slice(11, 19),
        `${request.method} ${request.path}`,
        request.status ?? 'cut',
        request.idempotencyKey,
      ]),
    )}
  </section>`;
}

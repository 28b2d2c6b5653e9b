import { SYSTEM_ACTOR, type Scope } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';

export interface BrokenRow {
  /** Which check it does not pass. */
  readonly check: string;
  readonly id: string;
  /** The figures, as they are and as they should be. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface VerifiedEnvironment extends Scope {
  /** Rows that were looked at, by check. */
  readonly checked: Readonly<Record<string, number>>;
  /** At most 100 for each check. */
  readonly broken: readonly BrokenRow[];
}

interface Check {
  /** How many rows it looks at. */
  readonly count: string;
  /** Those that do not pass: `id` and `details`. */
  readonly broken: string;
}

const MOST_BROKEN = 100;

const BILLED = `SELECT count(*) FROM invoices WHERE invoice_status = 'FINALIZED'`;
const TOTAL = 'greatest(i.subtotal - i.total_discount - i.total_prepaid_credits_applied + i.total_tax, 0)';

/**
 * What must hold of the books at any moment. Each is computed from the rows that the figure is made of, by the database, without
 * the code that wrote it.
 */
const CHECKS: Readonly<Record<string, Check>> = {
  /** Totals are the sums of the lines. */
  invoice_totals: {
    count: BILLED,
    broken: `
      SELECT i.id, jsonb_build_object('subtotal', i.subtotal, 'lines', l.amount, 'total_discount', i.total_discount,
               'line_discounts', l.discount, 'total', i.total,
               'expected_total', ${TOTAL}) AS details
        FROM invoices i
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS amount,
                                   coalesce(sum(line_item_discount + invoice_level_discount), 0) AS discount
                              FROM invoice_line_items WHERE invoice_id = i.id) l
       WHERE i.invoice_status = 'FINALIZED'
         AND (i.subtotal <> l.amount OR i.total_discount <> l.discount
              OR i.total <> ${TOTAL})`,
  },
  /** Payments − refunds − lost disputes = paid; total − credit notes − adjustments − paid = remaining. */
  invoice_books: {
    count: BILLED,
    broken: `
      SELECT id, jsonb_build_object('amount_paid', amount_paid, 'expected_amount_paid', paid,
               'amount_remaining', amount_remaining, 'expected_amount_remaining', greatest(kept - paid, 0),
               'overpaid_amount', overpaid_amount, 'expected_overpaid_amount', greatest(paid - kept, 0)) AS details
        FROM (SELECT i.*, greatest(moved.allocated - moved.gone, 0) AS paid,
                     greatest(greatest(i.total - moved.adjusted, 0) - moved.forgiven, 0) AS kept
                FROM invoices i
                CROSS JOIN LATERAL (
                  SELECT (SELECT coalesce(sum(amount), 0) FROM payment_allocations WHERE invoice_id = i.id) AS allocated,
                         (SELECT coalesce(sum(amount), 0) FROM payment_refunds
                           WHERE invoice_id = i.id AND refund_status IN ('PENDING', 'SUCCEEDED')) AS gone,
                         (SELECT coalesce(sum(total_amount), 0) FROM credit_notes WHERE invoice_id = i.id
                             AND credit_note_status = 'FINALIZED' AND credit_note_type = 'ADJUSTMENT')
                           + (SELECT coalesce(sum(amount), 0) FROM invoice_adjustments
                               WHERE invoice_id = i.id AND adjustment_status = 'ACTIVE') AS adjusted,
                         (SELECT coalesce(sum(total_amount), 0) FROM credit_notes WHERE invoice_id = i.id
                             AND credit_note_status = 'FINALIZED' AND credit_note_type = 'REFUND')
                           + (SELECT coalesce(sum(given_back_amount), 0) FROM invoice_adjustments
                               WHERE invoice_id = i.id AND adjustment_status = 'ACTIVE') AS forgiven) moved
               WHERE i.invoice_status = 'FINALIZED') books
       WHERE amount_paid <> paid OR amount_remaining <> greatest(kept - paid, 0)
          OR overpaid_amount <> greatest(paid - kept, 0)`,
  },
  /** No line has given back more than it charged. */
  line_credits: {
    count: `SELECT count(DISTINCT invoice_line_item_id) FROM line_credits`,
    broken: `
      SELECT id, jsonb_build_object('invoice_id', invoice_id, 'charged', charged, 'given_back', given) AS details
        FROM (SELECT l.id, l.invoice_id, sum(c.net_amount) AS given,
                     greatest(l.amount - l.line_item_discount - l.invoice_level_discount, 0) AS charged
                FROM line_credits c JOIN invoice_line_items l ON l.id = c.invoice_line_item_id
               GROUP BY l.id) credited
       WHERE given > charged`,
  },
  /** Every number of a month that was drawn is on one invoice. */
  invoice_numbers: {
    count: `SELECT count(*) FROM invoices WHERE invoice_number IS NOT NULL`,
    broken: `
      SELECT s.scope AS id, jsonb_build_object('drawn', s.last_number, 'on_invoices', n.numbers) AS details
        FROM invoice_number_sequences s
        CROSS JOIN LATERAL (SELECT count(DISTINCT invoice_number) AS numbers FROM invoices
                             WHERE invoice_number LIKE 'INV-' || s.scope || '-%') n
       WHERE s.scope !~ '^[A-Z]' AND n.numbers <> s.last_number`,
  },
  /** What the transactions of a wallet come to is the balance that the last one has left. */
  wallet_ledger: {
    count: `SELECT count(*) FROM wallet_transactions WHERE transaction_status = 'completed'`,
    broken: `
      SELECT wallet_id AS id, jsonb_build_object('sum', sum, 'balance', balance) AS details
        FROM (SELECT wallet_id, sum(CASE type WHEN 'credit' THEN credit_amount ELSE -credit_amount END) AS sum,
                     (array_agg(credit_balance_after ORDER BY id DESC))[1] AS balance
                FROM wallet_transactions WHERE transaction_status = 'completed' GROUP BY wallet_id) ledger
       WHERE sum <> balance`,
  },
  /** An object of a provider belongs to one object here. */
  mappings: {
    count: `SELECT count(*) FROM entity_mappings`,
    broken: `
      SELECT min(id) AS id, jsonb_build_object('connection_id', connection_id, 'entity_type', entity_type,
               'provider_entity_id', provider_entity_id, 'entities', jsonb_agg(entity_id)) AS details
        FROM entity_mappings
       WHERE provider_entity_id IS NOT NULL
       GROUP BY connection_id, entity_type, provider_entity_id HAVING count(*) > 1`,
  },
};

/** Checks the books of a live database. Reads only. */
export class BooksVerifier {
  constructor(private readonly uow: UnitOfWork) {}

  async verify(): Promise<VerifiedEnvironment[]> {
    const verified: VerifiedEnvironment[] = [];
    for (const scope of await this.uow.scopes())
      verified.push({ ...scope, ...(await this.verifyOne(scope)) });
    return verified;
  }

  private async verifyOne(scope: Scope): Promise<Pick<VerifiedEnvironment, 'checked' | 'broken'>> {
    const checked: Record<string, number> = {};
    const broken: BrokenRow[] = [];
    for (const [check, { count, broken: sql }] of Object.entries(CHECKS))
      await this.uow.read({ scope, actor: SYSTEM_ACTOR, requestId: 'verify' }, async ({ em }) => {
        await em.query('SET LOCAL statement_timeout = 0');
        const [found] = await em.query<{ count: string }[]>(count);
        checked[check] = Number(found?.count ?? 0);
        const rows = await em.query<Omit<BrokenRow, 'check'>[]>(`${sql} LIMIT ${MOST_BROKEN}`);
        broken.push(...rows.map((row) => ({ check, ...row })));
      });
    return { checked, broken };
  }
}

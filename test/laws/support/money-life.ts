import type { TestApp } from '../../support/test-app.js';
import { at, DAY, type Fee, type MeteredLine } from './metered.js';
import { cents, World, type MadePlan } from './world.js';

export type StepKind =
  | 'wait'
  | 'use'
  | 'pay'
  | 'plan'
  | 'quantity'
  | 'cancel'
  | 'subscribe'
  | 'note'
  | 'refund'
  | 'void'
  | 'late'
  | 'recalculate'
  | 'top up'
  | 'debit';

/** What is done next; `n` says to which of those that are there, `part` how much of it. */
export interface Step {
  readonly kind: StepKind;
  readonly n: number;
  readonly part: number;
}

export interface MoneyHistory {
  /** Of both plans, in dollars. */
  readonly fees: readonly [string, string];
  readonly usage: string;
  /** Percent, or dollars; none is 0. */
  readonly coupon: { readonly percent: number } | { readonly fixed: number } | null;
  readonly tax: number;
  readonly cycle: 'anniversary' | 'calendar';
  readonly steps: readonly Step[];
}

const LINE: MeteredLine = {
  aggregation: 'SUM',
  price: { billing_model: 'FLAT_FEE', amount: '1' },
  commitment: null,
  included: null,
  usage: [],
};

/** A customer, and everything that can happen to their money. */
export class MoneyLife {
  private now = 0;
  private events = 0;
  private current = 0;
  private subscription: any;

  private constructor(
    private readonly server: TestApp,
    private readonly world: World,
    private readonly history: MoneyHistory,
    private readonly customer: any,
    private readonly plans: readonly MadePlan[],
    private readonly coupons: readonly string[],
  ) {}

  static async begin(server: TestApp, history: MoneyHistory): Promise<MoneyLife> {
    const world = await World.begin(server);
    const line = { ...LINE, price: { ...LINE.price, amount: history.usage } };
    const features = await world.features([line]);
    const plans: MadePlan[] = [];
    for (const amount of history.fees) {
      const fee: Fee = { amount, invoice_cadence: 'ADVANCE' };
      plans.push(await world.plan('Plan', features, [line], [fee]));
    }
    const customer = await world.customer('customer');
    if (history.tax > 0) {
      await world.api.create('/taxes/rates', {
        name: 'VAT',
        code: 'vat',
        percentage_value: String(history.tax),
      });
      await world.api.post('/taxes/associations', {
        tax_rate_code: 'vat',
        entity_type: 'customer',
        entity_id: customer.id,
        auto_apply: true,
      });
    }
    const { coupon } = history;
    const made =
      coupon === null
        ? []
        : [
            await world.api.create('/coupons', {
              name: 'Coupon',
              cadence: 'forever',
              ...('percent' in coupon
                ? { type: 'percentage', percentage_off: String(coupon.percent) }
                : { type: 'fixed', amount_off: String(coupon.fixed), currency: 'usd' }),
            }),
          ];
    const coupons = made.map(({ id }) => id as string);
    const life = new MoneyLife(server, world, history, customer, plans, coupons);
    await life.subscribe();
    return life;
  }

  /** Does a step, or nothing where it is refused: what is refused by name changes nothing. */
  async take({ kind, n, part }: Step): Promise<void> {
    const { api } = this.world;
    switch (kind) {
      case 'wait':
        this.now += (n + 1) * DAY;
        return this.world.clock(at(0, this.now));
      case 'use': {
        // Half of it in the past, where a bill may have been made already; some of it taken back.
        const when = Math.max(this.now - (n % 4) * 12 * DAY, 0);
        const v = part === 4 ? -3 * n : 2 * n;
        this.events += 1;
        return this.world.send([
          {
            event_name: 'line 0',
            event_id: String(this.events),
            external_customer_id: 'customer',
            timestamp: at(0, when),
            properties: { v: String(v) },
          },
        ]);
      }
      case 'pay': {
        const invoice = pick(
          (await this.invoices()).filter(({ amount_remaining: left }) => cents(left as string) > 0),
          n,
        );
        if (invoice === undefined) return;
        return this.try('POST', '/payments', {
          destination_type: 'INVOICE',
          destination_id: invoice.id,
          payment_method_type: 'OFFLINE',
          amount: share(invoice.amount_remaining as string, part),
          currency: 'usd',
        });
      }
      case 'plan': {
        const target = 1 - this.current;
        const done = await this.try('POST', `/subscriptions/${this.subscription.id}/change/execute`, {
          target_plan_id: this.plans[target]!.id,
          billing_cycle: this.history.cycle,
          billing_period: 'MONTHLY',
          proration_behavior: 'create_prorations',
        });
        if (done === undefined) return;
        this.current = target;
        this.subscription = done.new_subscription;
        return;
      }
      case 'quantity': {
        const line = await this.world.lineOf(this.subscription, 'fee 0');
        if (line === undefined) return;
        await this.try('PUT', `/subscriptions/lineitems/${line.id}`, { quantity: part });
        return;
      }
      case 'cancel':
        await this.try('POST', `/subscriptions/${this.subscription.id}/cancel`, {
          cancellation_type: 'immediate',
          proration_behavior: 'create_prorations',
          cancel_immediately_invoice_policy: part > 2 ? 'generate_invoice' : 'skip',
        });
        return;
      case 'subscribe': {
        const { subscription_status: status } = await api.get(`/subscriptions/${this.subscription.id}`);
        if (status === 'cancelled') await this.subscribe();
        return;
      }
      case 'note': {
        const invoice = pick(await this.invoices(), n);
        const line: any = pick(invoice?.line_items ?? [], part);
        if (invoice === undefined || line === undefined) return;
        await this.try('POST', '/creditnotes', {
          invoice_id: invoice.id,
          reason: 'BILLING_ERROR',
          ...(part === 4
            ? {}
            : {
                line_items: [{ invoice_line_item_id: line.id, amount: share(line.amount as string, part) }],
              }),
        });
        return;
      }
      case 'refund': {
        const { items } = await api.get('/payments?limit=100');
        const payment = pick(items as any[], n);
        if (payment === undefined) return;
        // Not of an invoice whose money is in the wallet already: that it can go back twice is not refused yet.
        if ((await this.lineCredits()).some(({ invoice_id: id }) => id === payment.destination_id)) return;
        await this.try('PUT', `/payments/${payment.id}`, { payment_status: 'REFUNDED' });
        return;
      }
      case 'void': {
        const invoice = pick(await this.invoices(), n);
        if (invoice !== undefined) await this.try('POST', `/invoices/${invoice.id}/void`, {});
        return;
      }
      case 'late': {
        const invoice = pick(await this.invoices(), n);
        if (invoice === undefined) return;
        await this.try(
          'POST',
          `/invoices/${invoice.id}/late-usage`,
          part > 2 ? { credit_as: 'credit_note' } : undefined,
        );
        return;
      }
      case 'recalculate': {
        const invoice = pick(await this.invoices(), n);
        if (invoice !== undefined) await this.try('POST', `/invoices/${invoice.id}/recalculate`, {});
        return;
      }
      case 'top up': {
        const wallet = await this.wallet();
        await this.try('POST', `/wallets/${wallet.id}/top-up`, {
          transaction_reason: 'PURCHASED_CREDIT_INVOICED',
          credits_to_add: String(part * 10),
        });
        return;
      }
      case 'debit': {
        const wallet = await this.wallet();
        await this.try('POST', `/wallets/${wallet.id}/debit`, { credits: String(part) });
      }
    }
  }

  /** What does not hold, one sentence each. */
  async broken(): Promise<string[]> {
    const found: string[] = [];
    const not = (wrong: boolean, what: string, ...figures: readonly unknown[]): void => {
      if (wrong) found.push(`${what}: ${figures.join(', ')}`);
    };
    const invoices = await this.world.invoices(this.customer);
    const credits = await this.lineCredits();
    const refunded = await this.refundedByNotes();
    for (const one of invoices.filter(({ invoice_status: status }) => status === 'FINALIZED')) {
      const of = (field: string): number => cents(one[field] as string);
      const left =
        of('total') - of('adjustment_amount') - (refunded.get(one.id as string) ?? 0) - of('amount_paid');
      not(of('amount_remaining') < 0, 'less than nothing is owed', one.amount_remaining);
      not(
        of('amount_remaining') !== Math.max(left, 0),
        'what is owed is not what was asked for, less what was taken back and paid',
        ...[one.total, one.adjustment_amount, one.amount_paid, one.amount_remaining],
      );
      let charged = 0;
      let given = 0;
      for (const line of one.line_items) {
        const net =
          cents(line.amount as string) -
          cents(line.line_item_discount as string) -
          cents(line.invoice_level_discount as string);
        const own = credits.filter(({ line_id: id }) => id === line.id);
        const back = own.reduce((sum: number, { net_amount: amount }) => sum + Number(amount), 0);
        not(back > Math.max(net, 0), 'more is given back of a line than it charged', net, back);
        charged += Math.max(net, 0);
        given += own.reduce((sum: number, { amount }) => sum + Number(amount), 0);
      }
      const levied = (one.taxes as any[]).reduce(
        (sum: number, { tax_amount: amount }) => sum + Math.max(cents(amount as string), 0),
        0,
      );
      not(
        given > charged + levied,
        'more is given back of an invoice than it charged',
        charged,
        levied,
        given,
      );
    }
    const cameIn = await this.cameIn();
    const atHand = await this.world.credit(this.customer);
    not(atHand > cameIn, 'more is at hand than came in', cameIn, atHand);
    return found;
  }

  /** In cents: what was paid, less what has left by another way than the wallet. */
  private async cameIn(): Promise<number> {
    const [row] = await this.server.database.query(
      `SELECT (SELECT coalesce(sum(p.amount), 0) FROM billing.payments p JOIN billing.invoices i ON i.id = p.destination_id
                WHERE i.customer_id = $1 AND p.payment_method_type <> 'CREDITS' AND p.payment_status = ANY ($2)) AS paid,
              (SELECT coalesce(sum(r.amount), 0) FROM billing.payment_refunds r JOIN billing.invoices i ON i.id = r.invoice_id
                WHERE i.customer_id = $1 AND r.destination <> 'WALLET' AND r.refund_status = 'SUCCEEDED') AS left`,
      [this.customer.id, SUCCEEDED],
    );
    return Number(row?.paid) - Number(row?.left);
  }

  /** In cents, by invoice. */
  private async refundedByNotes(): Promise<Map<string, number>> {
    const rows = await this.server.database.query(
      `SELECT invoice_id, sum(total_amount) AS amount FROM billing.credit_notes
        WHERE customer_id = $1 AND credit_note_type = 'REFUND' AND credit_note_status = 'FINALIZED'
        GROUP BY invoice_id`,
      [this.customer.id],
    );
    return new Map(rows.map(({ invoice_id: id, amount }) => [id as string, Number(amount)]));
  }

  private async lineCredits(): Promise<any[]> {
    return this.server.database.query(
      `SELECT c.invoice_id, c.invoice_line_item_id AS line_id, c.net_amount, c.amount
         FROM billing.line_credits c JOIN billing.invoices i ON i.id = c.invoice_id
        WHERE i.customer_id = $1`,
      [this.customer.id],
    );
  }

  private async subscribe(): Promise<void> {
    this.subscription = await this.world.subscribe(this.customer, this.plans[this.current]!, [], {
      billing_cycle: this.history.cycle,
      start_date: at(0, this.now),
      proration_behavior: 'create_prorations',
      coupons: this.coupons,
    });
  }

  private async wallet(): Promise<any> {
    const wallets: any[] = await this.world.api.get(`/customers/${this.customer.id}/wallets`);
    return wallets[0] ?? this.world.api.post('/wallets', { customer_id: this.customer.id, currency: 'usd' });
  }

  private invoices(): Promise<any[]> {
    return this.world.invoices(this.customer);
  }

  /** Undefined where it is refused. */
  private async try(method: string, path: string, body?: object): Promise<any> {
    const { status, body: answer } = await this.world.api.send(method, path, body);
    if (status >= 500 || (status >= 400 && answer.error?.code === undefined))
      throw new Error(`${method} ${path} answered ${status}, not 200: ${JSON.stringify(answer)}`);
    return status < 300 ? answer : undefined;
  }
}

const SUCCEEDED = ['SUCCEEDED', 'OVERPAID', 'REFUNDED', 'PARTIALLY_REFUNDED'];

const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(list.length, 1)];

/** A quarter, a half, three quarters or all of an amount, in whole cents. */
const share = (amount: string, part: number): string =>
  (Math.max(Math.floor((cents(amount) * part) / 4), 1) / 100).toFixed(2);

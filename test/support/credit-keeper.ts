import {
  CustomerCreditService,
  type CreditGivenBack,
  type CustomerCreditKeeper,
} from '../../src/invoices/customer-credit.service.js';
import { formatMoney, type Money } from '../../src/domain/money.js';
import { rate } from '../../src/domain/rate.js';
import type { TestApp } from './test-app.js';

/** A wallet house in memory: says what it was asked for, and holds one balance that invoices may spend. */
export class CreditKeeper implements CustomerCreditKeeper {
  readonly givenBack: { invoiceId: string; amount: string; reason: string; key: string }[] = [];
  readonly spent: { invoiceId: string; amount: string }[] = [];
  readonly paid: string[] = [];
  balance = '0';

  static of(server: TestApp): CreditKeeper {
    const keeper = new CreditKeeper();
    server.app.get(CustomerCreditService, { strict: false }).register(keeper);
    return keeper;
  }

  balancesFor(): ReturnType<CustomerCreditKeeper['balancesFor']> {
    return Promise.resolve(
      this.balance === '0' ? [] : [{ walletId: 'wallet_1', amount: rate(this.balance) }],
    );
  }

  spend(...[, invoice, slices]: Parameters<CustomerCreditKeeper['spend']>): Promise<void> {
    for (const slice of slices)
      this.spent.push({
        invoiceId: invoice.id,
        amount: formatMoney({ amount: slice.amount, currency: slice.currency }),
      });
    return Promise.resolve();
  }

  giveBack(_: unknown, credit: CreditGivenBack): Promise<string> {
    this.givenBack.push({
      invoiceId: credit.invoiceId,
      amount: formatMoney(credit.amount),
      reason: credit.reason,
      key: credit.idempotencyKey,
    });
    return Promise.resolve(`wtxn_${this.givenBack.length}`);
  }

  pay(_: unknown, payment: { amount: Money }): Promise<{ walletId: string; transactionId: string }> {
    this.paid.push(formatMoney(payment.amount));
    return Promise.resolve({ walletId: 'wallet_1', transactionId: `wtxn_p${this.paid.length}` });
  }
}

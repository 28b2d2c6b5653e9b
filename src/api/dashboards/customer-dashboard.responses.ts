export class CountWithPreviousResponse {
  count!: number;
  /** Of as many days before. */
  previous!: number;
}

export class ChurnedCustomerResponse {
  customer_id!: string;
  name!: string;
  ended_at!: Date;
}

export class ChurnResponse extends CountWithPreviousResponse {
  /** The last ten. */
  items!: ChurnedCustomerResponse[];
}

export class FailedPaymentsCustomerResponse {
  customer_id!: string;
  name!: string;
  currency!: string;
  invoice_count!: number;
  /** What is still owed on those invoices. */
  amount!: string;
}

export class FailedPaymentsResponse {
  /** Customers. */
  count!: number;
  /** Ten, those with the most invoices first. */
  items!: FailedPaymentsCustomerResponse[];
}

export class LowWalletResponse {
  wallet_id!: string;
  customer_id!: string;
  customer_name!: string;
  currency!: string;
  /** Decimal strings in credits. */
  credit_balance!: string;
  /** Half of what was spent in the last 62 days. */
  monthly_spending!: string;
  /** Of its automatic top-up. */
  threshold!: string | null;
}

export class LowWalletsResponse {
  count!: number;
  /** Ten, those that last shortest first. */
  items!: LowWalletResponse[];
}

export class CustomerDashboardResponse {
  as_of!: Date;
  total!: number;
  /** With a subscription that is served now. */
  active!: number;
  new!: CountWithPreviousResponse;
  churned!: ChurnResponse;
  /** With an open invoice whose payment has failed. */
  failed_payments!: FailedPaymentsResponse;
  low_wallets!: LowWalletsResponse;
}

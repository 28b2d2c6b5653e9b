import type { CustomerEntity } from './customer.entity.js';

export type Customer = Readonly<CustomerEntity>;

/** What can be said of a customer; left out means unchanged, null means empty. */
export interface CustomerFields {
  readonly externalId?: string;
  readonly name?: string;
  readonly email?: string | null;
  readonly contact?: string | null;
  readonly addressLine1?: string | null;
  readonly addressLine2?: string | null;
  readonly addressCity?: string | null;
  readonly addressState?: string | null;
  readonly addressPostalCode?: string | null;
  readonly addressCountry?: string | null;
  readonly timezone?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

import type Stripe from 'stripe';
import type { PostalAddress, RemoteCustomer } from '../provider-objects.js';
import { idOf } from './context.js';
import { MARK, readMark } from './marks.js';

export type AnyCustomer = Stripe.Customer | Stripe.DeletedCustomer;

export function readCustomer(customer: AnyCustomer, environmentId: string): RemoteCustomer {
  if (customer.deleted === true)
    return {
      remoteId: customer.id,
      customerId: undefined,
      foreign: false,
      deleted: true,
      externalId: undefined,
      name: undefined,
      email: undefined,
      phone: undefined,
      address: undefined,
      metadata: {},
    };
  const mark = readMark(customer.metadata, MARK.customer, environmentId);
  return {
    remoteId: customer.id,
    customerId: mark.id,
    foreign: mark.foreign,
    deleted: false,
    externalId: customer.metadata[MARK.externalId],
    name: customer.name ?? undefined,
    email: customer.email ?? undefined,
    phone: customer.phone ?? undefined,
    address: readAddress(customer.address),
    metadata: customer.metadata,
    defaultMethodId: idOf(customer.invoice_settings.default_payment_method) ?? null,
  };
}

const ADDRESS_FIELDS = {
  line1: 'line1',
  line2: 'line2',
  city: 'city',
  state: 'state',
  postalCode: 'postal_code',
  country: 'country',
} as const satisfies Record<keyof PostalAddress, keyof Stripe.Address>;

function readAddress(address: Stripe.Address | null | undefined): PostalAddress | undefined {
  if (address === null || address === undefined) return undefined;
  const fields = Object.entries(ADDRESS_FIELDS).flatMap(([ours, theirs]) => {
    const value = address[theirs];
    return value === null || value === '' ? [] : [[ours, value] as const];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

/** All six fields, the empty ones too: an address is one thing, and half of the former one must not remain. */
export function writeAddress(address: PostalAddress): Stripe.AddressParam {
  return Object.fromEntries(
    Object.entries(ADDRESS_FIELDS).map(([ours, theirs]) => [
      theirs,
      address[ours as keyof PostalAddress] ?? '',
    ]),
  );
}

export const sameAddress = (a: PostalAddress | undefined, b: PostalAddress | undefined): boolean =>
  Object.keys(ADDRESS_FIELDS).every(
    (field) => (a?.[field as keyof PostalAddress] ?? '') === (b?.[field as keyof PostalAddress] ?? ''),
  );

/**
 * The stored objects. They are kept as they go over the wire, references as ids; only the fields that the
 * sandbox reasons about are named here, the schemas know the rest.
 */
export interface StripeObject {
  readonly id: string;
  readonly object: string;
  readonly created?: number;
  [field: string]: unknown;
}

export type Metadata = Record<string, string>;

export interface Address {
  city: string | null;
  country: string | null;
  line1: string | null;
  line2: string | null;
  postal_code: string | null;
  state: string | null;
}

export interface List {
  object: 'list';
  data: unknown[];
  has_more: boolean;
  url: string;
}

export interface Deleted {
  id: string;
  object: string;
  deleted: true;
}

import { ProviderError } from '../provider-error.js';

/**
 * What we write on remote objects to know them again: the ids of the founding documents, always together with the
 * environment, because several of ours may share one Stripe account.
 */
export const MARK = {
  customer: 'flexprice_customer_id',
  plan: 'flexprice_plan_id',
  price: 'flexprice_price_id',
  invoice: 'flexprice_invoice_id',
  invoiceNumber: 'flexprice_invoice_number',
  /** What we have asked an invoice to collect, in Stripe's minor units: should it be edited, this is what it was. */
  asked: 'flexprice_amount',
  payment: 'flexprice_payment_id',
  refund: 'flexprice_refund_id',
  line: 'flexprice_line_id',
  environment: 'flexprice_environment',
  attempt: 'flexprice_attempt',
  /** On an invoice: which version of what is owed its draft was begun for. Left out: the first. */
  version: 'flexprice_version',
  /** Which fields of a customer we have written, so that only those are cleared when they become empty here. */
  fields: 'flexprice_fields',
  /** On a customer that was there before us: not ours to delete. */
  adopted: 'flexprice_adopted',
  externalId: 'external_id',
  /** On an intent: that its method is to become the default, which Stripe does not do by itself. */
  setDefault: 'set_default',
  source: 'sync_source',
} as const;

type Metadata = Readonly<Record<string, string>>;

export interface Mark {
  /** Our id; undefined also when it belongs to another environment. */
  readonly id: string | undefined;
  readonly foreign: boolean;
  /** Whether any mark of ours is on it, whoever's it is. */
  readonly marked: boolean;
}

export function readMark(metadata: Metadata | null | undefined, key: string, environmentId: string): Mark {
  const environment = metadata?.[MARK.environment];
  const id = metadata?.[key];
  const foreign = environment !== undefined && environment !== environmentId;
  return {
    id: foreign ? undefined : id,
    foreign,
    marked: environment !== undefined || id !== undefined,
  };
}

/** A mapping that was made by hand may point at somebody else's object; writing there would take it over. */
export function refuseOthers(
  remote: { readonly id: string; readonly metadata: Metadata },
  what: {
    readonly noun: 'customer' | 'product';
    readonly key: string;
    readonly id: string;
    readonly code: string;
  },
  environmentId: string,
): void {
  const mark = readMark(remote.metadata, what.key, environmentId);
  if (!mark.foreign && (mark.id === undefined || mark.id === what.id)) return;
  const owner = mark.foreign ? 'another environment' : (mark.id ?? '');
  throw new ProviderError('conflict', `the Stripe ${what.noun} ${remote.id} belongs to ${owner}`, {
    code: what.code,
    details: { remote_id: remote.id },
  });
}

const MOST_KEYS = 50;
const LONGEST_KEY = 40;
const LONGEST_VALUE = 500;

/** Our marks and then as much of a caller's metadata as Stripe takes; a caller cannot write over a mark. */
export function metadataWith(
  own: Readonly<Record<string, string | undefined>>,
  more: Metadata = {},
): Metadata {
  const taken = new Set<string>(Object.values(MARK));
  const entries = [
    ...Object.entries(own),
    ...Object.entries(more).filter(
      ([key]) => key.length <= LONGEST_KEY && !/[[\]]/.test(key) && !taken.has(key) && !(key in own),
    ),
  ].filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  return Object.fromEntries(
    entries.slice(0, MOST_KEYS).map(([key, value]) => [key, value.slice(0, LONGEST_VALUE)]),
  );
}

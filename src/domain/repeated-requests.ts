/** A key may be this long. */
export const LONGEST_KEY = 255;

/** What is known of a key from an earlier request. */
export interface KnownKey {
  /** Of the request that came with it first. */
  readonly fingerprint: string;
  readonly isAnswered: boolean;
  /** Until when somebody is at work on it; null when nobody is. */
  readonly leaseUntil: Date | null;
}

export type Verdict =
  /** Nobody has done it and nobody is at it: do it, or go on where somebody was cut off. */
  | 'begin'
  /** It is done: say again what was said. */
  | 'repeat'
  /** The key belongs to another request. */
  | 'refuse'
  /** Somebody is at it. */
  | 'wait';

/**
 * What becomes of a request, given what is known of its keys: one from its header, one from its body, or both. A key that
 * belongs to something else refuses the request whatever the other one says, or the answer would depend on which is looked at.
 */
export function verdictOn(known: readonly KnownKey[], fingerprint: string, now: Date): Verdict {
  if (known.some((key) => key.fingerprint !== fingerprint)) return 'refuse';
  if (known.some((key) => key.isAnswered)) return 'repeat';
  return known.some(({ leaseUntil }) => leaseUntil !== null && leaseUntil > now) ? 'wait' : 'begin';
}

/**
 * Whether a refusal is the answer for good. One that came before anything was done is not: the same request may be possible
 * later. After that it is, unless it says itself that it is worth another try.
 */
export const isLastWord = (httpStatus: number, hasBegun: boolean): boolean =>
  hasBegun && httpStatus >= 400 && httpStatus < 500 && httpStatus !== 409 && httpStatus !== 429;

/** JSON with the members of each object in one order: bodies that say the same are the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  // `undefined` is no JSON: what has no body says as much as one that says nothing.
  if (value === undefined || value === null) return 'null';
  if (typeof value !== 'object') return JSON.stringify(value);
  const members = value as Readonly<Record<string, unknown>>;
  const written = Object.keys(members)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(members[name])}`);
  return `{${written.join(',')}}`;
}

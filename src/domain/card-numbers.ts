/**
 * Numbers of payment cards in texts. Only what a brand hands out counts, with its check digit and its length, written at a
 * stretch or in the groups of its brand: other numbers are as long, and one in ten has a right check digit.
 */

interface Brand {
  readonly prefix: RegExp;
  /** How many digits stand together, group by group; the first are how it is written at a stretch. */
  readonly groups: readonly (readonly number[])[];
}

const FOURS = [4, 4, 4, 4] as const;
const BRANDS: readonly Brand[] = [
  // 13 digits only in groups: at a stretch they are phone numbers, EAN codes and times in milliseconds, and no bank issues them.
  { prefix: /^4/, groups: [[16], [19], FOURS, [...FOURS, 3], [4, 4, 4, 1], [4, 3, 3, 3]] },
  // Mastercard
  { prefix: /^(?:5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)/, groups: [[16], FOURS] },
  // American Express
  { prefix: /^3[47]/, groups: [[15], [4, 6, 5]] },
  // Discover
  { prefix: /^(?:6011|64[4-9]|65|622)/, groups: [[16], FOURS] },
  // JCB
  { prefix: /^35(?:2[89]|[3-8]\d)/, groups: [[16], FOURS] },
  // Diners Club
  { prefix: /^3(?:0[0-5]|[689])/, groups: [[14], [4, 6, 4]] },
];
const SHORTEST = 13;
const MOST_GROUPS = 5;

/**
 * Digits in groups, with one space or hyphen between two. Not within a word, after a plus sign (a phone number) or beside a
 * decimal point (an amount).
 */
const RUN = /(?<![\p{L}\d_+]|[+][\d -]{0,20}|\d[.,])\d{1,19}(?:[ -]\d{1,19})*(?![\p{L}\d_]|[.,]\d)/gu;
/** Quick, and true of few other texts: times begin with 1. */
const MAY_HOLD = /(?<!\d)[2-6]\d{3}(?:\d{10}|[ -]\d{3,6}[ -]\d{3,5})/;

/** Whether a text holds what looks like the number of a payment card. */
export function holdsCardNumber(text: string): boolean {
  if (text.length < SHORTEST || !MAY_HOLD.test(text)) return false;
  for (const [run] of text.matchAll(RUN)) if (holdsOne(run.split(/[ -]/))) return true;
  return false;
}

function holdsOne(groups: readonly string[]): boolean {
  return groups.some((_, start) => {
    for (let count = 1; count <= MOST_GROUPS && start + count <= groups.length; count++)
      if (isCardNumber(groups.slice(start, start + count))) return true;
    return false;
  });
}

function isCardNumber(groups: readonly string[]): boolean {
  const digits = groups.join('');
  if (digits.length < SHORTEST || digits.length > 19) return false;
  return BRANDS.some(
    ({ prefix, groups: known }) =>
      prefix.test(digits) &&
      known.some(
        (lengths) => lengths.length === groups.length && lengths.every((n, i) => groups[i]?.length === n),
      ) &&
      hasCheckDigit(digits),
  );
}

/** ISO/IEC 7812: every second digit from the right is doubled. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const weighed = i % 2 === 0 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}

/** Names of what holds an identifier or a phone number: these may be as long, and are nobody's card. */
const NO_CARD =
  /(?:^|[_-])(?:id|ids|uuid|key|secret_data|ean|gtin|imei|iccid|phone|tel|telephone|mobile|fax)$|[a-z](?:Id|Ids|Uuid|Phone)$/;

export const mayNameCard = (name: string): boolean => !NO_CARD.test(name);

/** The first place in free-form JSON whose text holds one: names joined with dots, or undefined. */
export const cardNumberIn = (value: unknown, path = ''): string | undefined =>
  mayHoldOne(value) ? placeIn(value, path) : undefined;

/** Looked at for each of a thousand events, which hold none: so without names and places. */
function mayHoldOne(value: unknown): boolean {
  if (typeof value === 'string') return value.length >= SHORTEST && MAY_HOLD.test(value);
  if (typeof value !== 'object' || value === null) return false;
  for (const name in value) if (mayHoldOne((value as Record<string, unknown>)[name])) return true;
  return false;
}

function placeIn(value: unknown, path: string): string | undefined {
  if (typeof value === 'string') return holdsCardNumber(value) ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const isList = Array.isArray(value);
  for (const [name, member] of Object.entries(value)) {
    if (!isList && !mayNameCard(name)) continue;
    const found = placeIn(member, isList ? `${path}[${name}]` : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

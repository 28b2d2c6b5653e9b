import { Inject, Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { cardNumberIn, mayNameCard } from '../../domain/card-numbers.js';

/** Injection token: whether requests may hold numbers of payment cards. */
export const ALLOW_CARD_NUMBERS = Symbol('AllowCardNumbers');

export const NO_CARD_NUMBERS =
  'holds what looks like the number of a payment card: cards are entered on the pages of the provider';

/** Bodies that may hold them. The contract's pipe belongs to no application, and so knows no settings. */
const allowed = new WeakSet();

export const allowCards = <T extends object>(body: T): T => {
  allowed.add(body);
  return body;
};

export const mayHoldCards = (body: object): boolean => allowed.has(body);

/** Tells the contract's pipe, which comes after it, what the setting of the application is. */
@Injectable()
export class CardNumbersPipe implements PipeTransform {
  constructor(@Inject(ALLOW_CARD_NUMBERS) private readonly isAllowed: boolean) {}

  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    return this.isAllowed && type === 'body' && typeof value === 'object' && value !== null
      ? allowCards(value)
      : value;
  }
}

/** Fields that are texts of people, or whose names are the caller's own, by request class. */
const freeTexts = new WeakMap<object, Set<string>>();

export const markFreeText: PropertyDecorator = (target, property) => {
  const known = freeTexts.get(target) ?? new Set();
  freeTexts.set(target, known.add(String(property)));
};

function isFreeText(holder: object, property: string): boolean {
  for (let at: object | null = holder; at !== null; at = Object.getPrototypeOf(at) as object | null)
    if (freeTexts.get(at)?.has(property) === true) return true;
  return false;
}

/** Fields of a request that hold the number of a payment card, each with its sentence. */
export function cardNumberErrors(request: object): Record<string, string> {
  const errors: Record<string, string> = {};
  const look = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const [index, one] of value.entries()) look(one, `${path}[${index}]`);
    else if (value instanceof Map) for (const [key, one] of value) look(one, `${path}.${key}`);
    else if (isInstance(value))
      for (const [name, member] of Object.entries(value)) {
        const at = path === '' ? name : `${path}.${name}`;
        if (!isFreeText(value, name)) look(member, at);
        else if (mayNameCard(name)) {
          const found = cardNumberIn(member, at);
          if (found !== undefined) errors[found] = `${found} ${NO_CARD_NUMBERS}`;
        }
      }
  };
  look(request, '');
  return errors;
}

/** Of a request class: what is not has no fields of ours. */
const isInstance = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== Object.prototype;

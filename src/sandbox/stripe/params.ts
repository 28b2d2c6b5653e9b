import { isObject, text, type JsonObject } from '../core/json.js';
import { invalid, missingParam } from './errors.js';
import type { Address, Metadata } from './objects.js';

/** Reads form parameters: everything is text, an empty text means "unset". */
export class Params {
  constructor(
    private readonly raw: JsonObject,
    private readonly prefix = '',
  ) {}

  has(name: string): boolean {
    return this.raw[name] !== undefined;
  }

  names(): string[] {
    return Object.keys(this.raw);
  }

  nameOf(name: string): string {
    return this.prefix === '' ? name : `${this.prefix}[${name}]`;
  }

  /** Undefined when it was not sent or sent empty. */
  string(name: string): string | undefined {
    const value = this.raw[name];
    return value === undefined || value === '' || isObject(value) || Array.isArray(value)
      ? undefined
      : text(value);
  }

  /** Null when it was sent empty, to unset it. */
  nullable(name: string): string | null | undefined {
    return this.raw[name] === '' ? null : this.string(name);
  }

  require(name: string): string {
    const value = this.string(name);
    if (value === undefined) throw missingParam(this.nameOf(name));
    return value;
  }

  integer(name: string): number | undefined {
    const value = this.string(name);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(value)) {
      throw invalid(`Invalid integer: ${value}`, this.nameOf(name), 'parameter_invalid_integer');
    }
    return Number(value);
  }

  requireInteger(name: string): number {
    const value = this.integer(name);
    if (value === undefined) throw missingParam(this.nameOf(name));
    return value;
  }

  boolean(name: string): boolean | undefined {
    const value = this.string(name);
    if (value === undefined) return undefined;
    if (value !== 'true' && value !== 'false') throw invalid(`Invalid boolean: ${value}`, this.nameOf(name));
    return value === 'true';
  }

  object(name: string): Params | undefined {
    const value = this.raw[name];
    return isObject(value) ? new Params(value, this.nameOf(name)) : undefined;
  }

  objects(name: string): Params[] {
    return this.#items(name)
      .map((item, index) => ({ item, index }))
      .flatMap(({ item, index }) =>
        isObject(item) ? [new Params(item, `${this.nameOf(name)}[${index}]`)] : [],
      );
  }

  strings(name: string): string[] {
    return this.#items(name).filter((item) => typeof item === 'string');
  }

  /** Metadata after these parameters: keys are merged, empty values remove their key, an empty whole clears. */
  metadata(current: Metadata = {}, name = 'metadata'): Metadata {
    const sent = this.raw[name];
    if (sent === undefined) return current;
    if (sent === '') return {};
    const merged: Metadata = { ...current };
    if (!isObject(sent)) throw invalid(`Invalid hash`, this.nameOf(name));
    for (const [key, value] of Object.entries(sent)) {
      const written = text(value);
      if (written === '') {
        Reflect.deleteProperty(merged, key);
        continue;
      }
      if (key.length > 40)
        throw invalid(`Metadata keys must be at most 40 characters: ${key}`, this.nameOf(name));
      if (written.length > 500) {
        throw invalid('Metadata values must be at most 500 characters.', `${this.nameOf(name)}[${key}]`);
      }
      merged[key] = written;
    }
    if (Object.keys(merged).length > 50) {
      throw invalid('Metadata can have at most 50 keys.', this.nameOf(name));
    }
    return merged;
  }

  address(name: string): Address | null | undefined {
    const sent = this.raw[name];
    if (sent === undefined) return undefined;
    if (!isObject(sent)) return null;
    const address: Address = {
      city: null,
      country: null,
      line1: null,
      line2: null,
      postal_code: null,
      state: null,
    };
    for (const field of Object.keys(address) as (keyof Address)[]) {
      const value = sent[field];
      if (typeof value === 'string' && value !== '') address[field] = value;
    }
    return address;
  }

  /** As it was sent, for fields that are stored without being understood. */
  asSent(name: string): unknown {
    return structuredClone(this.raw[name]);
  }

  #items(name: string): unknown[] {
    const value = this.raw[name];
    if (Array.isArray(value)) return value as unknown[];
    if (value === undefined || value === '') return [];
    return [value];
  }
}

import fs from 'node:fs';
import { Ajv2020, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { isObject, type JsonObject } from './json.js';

/** Something on the wire that is not what the provider's own types say. */
export interface SchemaViolation {
  readonly at: string;
  readonly direction: 'request' | 'response' | 'webhook';
  /** Name of the schema. */
  readonly schema: string;
  /** `POST /v1/invoices`, or the event type. */
  readonly where: string;
  readonly errors: readonly string[];
}

/** A file of schemas with its roots by name. Each root is compiled when it is first needed. */
export class SchemaFile {
  readonly #file: URL;
  readonly #coerce: boolean;
  readonly #compiled = new Map<string, ValidateFunction>();
  #ajv: Ajv2020 | undefined;
  #document: AnySchemaObject | undefined;

  /** `coerce`: values arrive as text (form bodies) and are read as what the schema says. */
  constructor(file: URL, options: { coerce: boolean }) {
    this.#file = file;
    this.#coerce = options.coerce;
  }

  get document(): AnySchemaObject {
    this.#document ??= JSON.parse(fs.readFileSync(this.#file, 'utf8')) as AnySchemaObject;
    return this.#document;
  }

  has(name: string): boolean {
    return this.#reference(name) !== undefined;
  }

  /** Builds a check ahead of its first use, which would otherwise be the one slow request. */
  warmUp(name: string): void {
    this.#validator(name);
  }

  /** All errors, empty when the value is valid. The value is not changed. */
  check(name: string, value: unknown): ErrorObject[] {
    const validate = this.#validator(name);
    return validate(this.#coerce ? structuredClone(value) : value) ? [] : (validate.errors ?? []);
  }

  #validator(name: string): ValidateFunction {
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const reference = this.#reference(name);
    if (reference === undefined) throw new Error(`No schema is called ${name}`);
    if (this.#ajv === undefined) {
      this.#ajv = new Ajv2020({
        strict: false,
        allErrors: true,
        coerceTypes: this.#coerce,
        validateSchema: false,
        // Compiled once for some hundred checks: quick to build beats quick to run.
        inlineRefs: false,
        code: { optimize: false },
      });
      this.#ajv.addSchema(this.document);
    }
    const validate = this.#ajv.compile({ $ref: `${String(this.document.$id)}${reference}` });
    this.#compiled.set(name, validate);
    return validate;
  }

  #reference(name: string): string | undefined {
    const roots: unknown = this.document['x-roots'];
    const reference = isObject(roots) ? roots[name] : undefined;
    return typeof reference === 'string' ? reference : undefined;
  }
}

/** `anyOf` reports every branch that did not fit; the branches' own complaints say more than the summary. */
export function describeErrors(errors: readonly ErrorObject[]): string[] {
  const telling = errors.filter((error) => error.keyword !== 'anyOf');
  const described = (telling.length > 0 ? telling : errors).map((error) => {
    const detail = error.params as JsonObject;
    const name = detail.additionalProperty ?? detail.allowedValue;
    const place = error.instancePath === '' ? '(root)' : error.instancePath;
    return `${place} ${error.message ?? error.keyword}${typeof name === 'string' ? `: ${name}` : ''}`;
  });
  return [...new Set(described)].slice(0, 20);
}

export class ViolationLog {
  #violations: SchemaViolation[] = [];

  add(violation: Omit<SchemaViolation, 'at'>): void {
    this.#violations.push({ at: new Date().toISOString(), ...violation });
    if (this.#violations.length > 1000) this.#violations.shift();
  }

  list(): SchemaViolation[] {
    return [...this.#violations];
  }

  clear(): void {
    this.#violations = [];
  }
}

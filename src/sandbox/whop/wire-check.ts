import { isObject, type JsonObject } from '../core/json.js';
import { describeErrors, SchemaFile, type SchemaViolation, ViolationLog } from '../core/schemas.js';
import { badRequest } from './errors.js';
import type { Message } from './objects.js';
import { API_VERSION_DATE, type WhopSettings } from './settings.js';

const FILE = new URL('./schemas/whop.schema.json', import.meta.url);
const BODIES = new SchemaFile(FILE, { coerce: false });
/** The same for queries, in which everything is text. */
const QUERIES = new SchemaFile(FILE, { coerce: true });

const EVENT_SCHEMAS: Readonly<Record<string, string>> = {
  'invoice.created': 'EvInvoiceCreated',
  'invoice.marked_uncollectible': 'EvInvoiceMarkedUncollectible',
  'invoice.paid': 'EvInvoicePaid',
  'invoice.past_due': 'EvInvoicePastDue',
  'invoice.voided': 'EvInvoiceVoided',
  'payment.failed': 'EvPaymentFailed',
  'payment.succeeded': 'EvPaymentSucceeded',
  'refund.created': 'EvRefundCreated',
};

/** Holds what goes over the wire against the types of Whop's own SDK, in both directions. */
export class WireCheck {
  readonly #log = new ViolationLog();

  constructor(private readonly settings: WhopSettings) {}

  violations(): SchemaViolation[] {
    return this.#log.list();
  }

  clear(): void {
    this.#log.clear();
  }

  /** A caller that pins no version, or another one, gets other shapes from the real API. */
  version(pinned: string | undefined, where: string): void {
    if (!this.settings.strict || pinned === API_VERSION_DATE) return;
    const error = `Api-Version-Date is ${pinned ?? 'missing'}; the sandbox plays ${API_VERSION_DATE}`;
    this.#log.add({ direction: 'request', schema: '(headers)', where, errors: [error] });
  }

  request(schema: string | undefined, params: JsonObject, where: string, queried: boolean): void {
    if (schema === undefined || !this.settings.strict) return;
    const errors = (queried ? QUERIES : BODIES).check(schema, params);
    if (errors.length === 0) return;
    const described = describeErrors(errors);
    this.#log.add({ direction: 'request', schema, where, errors: described });
    throw badRequest(described.join('; '));
  }

  /** `schema` is the one of the object, or of each object of a list. */
  response(schema: string | undefined, value: unknown, where: string): void {
    if (schema === undefined || !this.settings.strict) return;
    const items: unknown[] = isObject(value) && Array.isArray(value.data) ? value.data : [value];
    for (const item of items) {
      const errors = BODIES.check(schema, item);
      if (errors.length > 0) {
        this.#log.add({ direction: 'response', schema, where, errors: describeErrors(errors) });
      }
    }
  }

  webhook(message: Message): void {
    if (!this.settings.strict) return;
    const schema = EVENT_SCHEMAS[message.type];
    const [name, value] = schema === undefined ? ['ResPayment', message.data] : [schema, message];
    const errors = BODIES.check(name, value);
    if (errors.length > 0) {
      this.#log.add({
        direction: 'webhook',
        schema: name,
        where: message.type,
        errors: describeErrors(errors),
      });
    }
  }
}

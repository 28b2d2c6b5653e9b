import { isObject, type JsonObject } from '../core/json.js';
import { describeErrors, SchemaFile, type SchemaViolation, ViolationLog } from '../core/schemas.js';
import { badRequest, notPlayed } from './errors.js';
import { NEWEST_DATE, OLDER_DATE, type WhopSettings } from './settings.js';

/** Of bodies, and the same for queries, in which everything is text. */
const schemasOf = (name: string) => {
  const file = new URL(`./schemas/${name}`, import.meta.url);
  return { bodies: new SchemaFile(file, { coerce: false }), queries: new SchemaFile(file, { coerce: true }) };
};
const OLDER = schemasOf('whop.schema.json');
const NEWEST = schemasOf('whop-2026-10-15-1.schema.json');

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

/** Of the newest date the types have the envelopes of invoices; the data of the others is the object as it is read. */
const NEWEST_DATA: Readonly<Record<string, string>> = {
  payment: 'ResPayment',
  refund: 'ResRefund',
  dispute: 'ResDispute',
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

  /** Whether it is the newest date. A caller that pins none gets shapes of 2025 from the real API, which are not played. */
  isNewest(pinned: string | undefined, where: string): boolean {
    if (pinned === NEWEST_DATE) return true;
    if (pinned === OLDER_DATE) return false;
    const error = `Api-Version-Date is ${pinned ?? 'missing'}; the sandbox plays ${OLDER_DATE} and ${NEWEST_DATE}`;
    this.#log.add({ direction: 'request', schema: '(headers)', where, errors: [error] });
    throw notPlayed(`${pinned ?? '2025-01-01, which is meant when no date is given'}: ${error}`);
  }

  request(
    schema: string | undefined,
    params: JsonObject,
    where: string,
    how: { readonly queried: boolean; readonly newest: boolean },
  ): void {
    const { bodies, queries } = how.newest ? NEWEST : OLDER;
    const schemas = how.queried ? queries : bodies;
    if (schema === undefined || !this.settings.strict || !schemas.has(schema)) return;
    const errors = schemas.check(schema, params);
    if (errors.length === 0) return;
    const described = describeErrors(errors);
    this.#log.add({ direction: 'request', schema, where, errors: described });
    throw badRequest(described.join('; '));
  }

  /** `schema` is the one of the object, or of each object of a list. */
  response(schema: string | undefined, value: unknown, where: string, newest: boolean): void {
    const { bodies } = newest ? NEWEST : OLDER;
    if (schema === undefined || !this.settings.strict || !bodies.has(schema)) return;
    const items: unknown[] = isObject(value) && Array.isArray(value.data) ? value.data : [value];
    for (const item of items) {
      const errors = bodies.check(schema, item);
      if (errors.length > 0) {
        this.#log.add({ direction: 'response', schema, where, errors: describeErrors(errors) });
      }
    }
  }

  webhook(message: { readonly type: string; readonly data: unknown }, newest: boolean): void {
    if (!this.settings.strict) return;
    const { bodies } = newest ? NEWEST : OLDER;
    const envelope = EVENT_SCHEMAS[message.type];
    const [noun = ''] = message.type.split('.');
    const data = newest ? NEWEST_DATA[noun] : noun === 'payment' ? 'ResPayment' : undefined;
    const ofEnvelope = envelope !== undefined && bodies.has(envelope);
    const [name, value] = ofEnvelope ? [envelope, message] : [data, message.data];
    if (name === undefined) return;
    const errors = bodies.check(name, value);
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

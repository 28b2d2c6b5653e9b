import type { ErrorObject } from 'ajv/dist/2020.js';
import { isObject, text, type JsonObject } from '../core/json.js';
import { describeErrors, SchemaFile, type SchemaViolation, ViolationLog } from '../core/schemas.js';
import { invalid, missingParam, type StripeError } from './errors.js';
import { API_VERSION, type StripeSettings } from './settings.js';

const REQUESTS = new SchemaFile(new URL('./schemas/requests.schema.json', import.meta.url), { coerce: true });
const OBJECTS = new SchemaFile(new URL('./schemas/objects.schema.json', import.meta.url), { coerce: false });

const SCHEMA_OF: Readonly<Record<string, string>> = {
  account: 'Account',
  'billing.meter': 'Meter',
  charge: 'Charge',
  'checkout.session': 'Session',
  credit_note: 'CreditNote',
  customer: 'Customer',
  customer_balance_transaction: 'CustomerBalanceTransaction',
  dispute: 'Dispute',
  event: 'EventBase',
  invoice: 'Invoice',
  invoice_payment: 'InvoicePayment',
  invoiceitem: 'InvoiceItem',
  item: 'LineItem',
  line_item: 'InvoiceLineItem',
  payment_intent: 'PaymentIntent',
  payment_method: 'PaymentMethod',
  payment_record: 'PaymentRecord',
  price: 'Price',
  product: 'Product',
  refund: 'Refund',
  setup_intent: 'SetupIntent',
  subscription: 'Subscription',
  subscription_item: 'SubscriptionItem',
  webhook_endpoint: 'WebhookEndpoint',
};

/** Holds what goes over the wire against the SDK's own types, in both directions. */
export class WireCheck {
  readonly #log = new ViolationLog();

  constructor(private readonly settings: StripeSettings) {}

  /** An invoice refers to almost everything else. */
  warmUp(): void {
    if (this.settings.strict) OBJECTS.warmUp('Invoice');
  }

  violations(): SchemaViolation[] {
    return this.#log.list();
  }

  clear(): void {
    this.#log.clear();
  }

  /** A caller that pins another version gets other shapes from the real API. */
  version(pinned: string | undefined, where: string): void {
    if (!this.settings.strict || pinned === undefined || pinned === API_VERSION) return;
    const error = `Stripe-Version is ${pinned}; the sandbox plays ${API_VERSION}`;
    this.#log.add({ direction: 'request', schema: '(headers)', where, errors: [error] });
  }

  /**
   * Refuses parameters that do not fit. A request without a Stripe-Version header comes from a tool that pins
   * none and may still use parameters of older versions; unknown ones are then let through.
   */
  request(schema: string | undefined, params: JsonObject, where: string, pinned: boolean): void {
    if (schema === undefined) return;
    const errors = REQUESTS.check(schema, params);
    if (errors.length === 0) return;
    const unknown = errors.some(({ keyword }) => keyword === 'additionalProperties');
    if (unknown && !(pinned && this.settings.strict)) return;
    if (pinned && this.settings.strict) {
      this.#log.add({ direction: 'request', schema, where, errors: describeErrors(errors) });
    }
    throw asStripeError(errors, params);
  }

  response(value: unknown, where: string): void {
    if (this.settings.strict) this.#object(value, 'response', where);
  }

  webhook(event: JsonObject & { readonly data: { readonly object: unknown } }): void {
    if (!this.settings.strict) return;
    const where = text(event.type);
    this.#object(event, 'webhook', where);
    this.#object(event.data.object, 'webhook', where);
  }

  #object(value: unknown, direction: 'response' | 'webhook', where: string): void {
    if (!isObject(value)) return;
    if (value.object === 'list' || value.object === 'search_result') {
      if (Array.isArray(value.data)) for (const item of value.data) this.#object(item, direction, where);
      return;
    }
    const schema = schemaOf(value);
    if (schema === undefined) {
      this.#log.add({ direction, schema: '(none)', where, errors: [`no schema for ${text(value.object)}`] });
      return;
    }
    // The SDK types the data of an event by its kind; it is checked as the object it is.
    const checked = schema === 'EventBase' ? { ...value, data: { object: {} } } : value;
    const errors = OBJECTS.check(schema, checked);
    if (errors.length > 0) this.#log.add({ direction, schema, where, errors: describeErrors(errors) });
  }
}

function schemaOf(value: JsonObject): string | undefined {
  const name = SCHEMA_OF[text(value.object)];
  return name !== undefined && value.deleted === true ? `Deleted${name}` : name;
}

/** Of all that does not fit, the complaint that Stripe would make. */
function asStripeError(errors: readonly ErrorObject[], params: JsonObject): StripeError {
  const deepest = (keyword: string): ErrorObject | undefined =>
    errors
      .filter((error) => error.keyword === keyword)
      .sort((a, b) => b.instancePath.length - a.instancePath.length)[0];

  const unknown = deepest('additionalProperties');
  if (unknown !== undefined) {
    const name = paramName(unknown.instancePath, text((unknown.params as JsonObject).additionalProperty));
    return invalid(`Received unknown parameter: ${name}`, name, 'parameter_unknown');
  }
  const required = deepest('required');
  if (required !== undefined) {
    return missingParam(
      paramName(required.instancePath, text((required.params as JsonObject).missingProperty)),
    );
  }
  const integer = errors.find(({ keyword, params: { type } }) => keyword === 'type' && type === 'integer');
  if (integer !== undefined) {
    return invalid(
      `Invalid integer: ${text(valueAt(params, integer.instancePath))}`,
      paramName(integer.instancePath),
      'parameter_invalid_integer',
    );
  }
  const choice = deepest('enum');
  if (choice !== undefined) {
    const allowed = (choice.params as { allowedValues: unknown[] }).allowedValues.map(text);
    const name = paramName(choice.instancePath);
    return invalid(`Invalid ${name}: must be one of ${allowed.join(', ')}`, name);
  }
  const other = errors[0];
  const name = paramName(other?.instancePath ?? '');
  return invalid(`Invalid ${name === '' ? 'parameters' : name}: ${other?.message ?? 'does not fit'}`, name);
}

/** `/lines/0` and `currency` as `lines[0][currency]`. */
function paramName(instancePath: string, last?: string): string {
  const parts = instancePath.split('/').slice(1);
  if (last !== undefined) parts.push(last);
  const [first = '', ...rest] = parts;
  return first + rest.map((part) => `[${part}]`).join('');
}

function valueAt(params: JsonObject, instancePath: string): unknown {
  let value: unknown = params;
  for (const part of instancePath.split('/').slice(1)) {
    if (Array.isArray(value)) value = value[Number(part)];
    else if (isObject(value)) value = value[part];
    else return undefined;
  }
  return value;
}

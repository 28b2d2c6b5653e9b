import { isRefusedAnyhow, type OpenApi, type Schema } from '../support/openapi-bounds.js';
import type { Request } from './requests.js';

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly requestId: string | null;
  readonly ms: number;
}

/** No request may take longer: whoever waits has given up by then. */
const LONGEST_MS = 5_000;
/**
 * Does all that is due in the environment before it answers, as it promises: after a subscription that began a thousand
 * periods back, that is half a minute of bills.
 */
const UNHURRIED = /\/clock\/advance$/;

/** What is wrong with an answer; undefined when nothing is. */
export function problemOf(
  request: Request,
  answer: Answer,
  isImplemented: boolean,
  schema: Schema | undefined,
  doc: OpenApi,
): string | undefined {
  const { status, text } = answer;
  if (answer.ms > LONGEST_MS && !UNHURRIED.test(request.path)) return `took ${Math.round(answer.ms)} ms`;
  if (answer.requestId === null) return 'has no x-request-id';
  if (status >= 400) return refusalProblem(answer, isImplemented);
  if (!isImplemented) return `answered ${status}, and is declared as not implemented`;
  if (schema === undefined || request.body === undefined) return undefined;
  const beyond = exceeded(schema, parsed(request.body), '', doc);
  return beyond === undefined
    ? undefined
    : `took ${beyond}, which is beyond its documented bound: ${text.slice(0, 200)}`;
}

/** Told before anybody looks at the route: who asks, with a body that is too large, no JSON, or of another media type. */
const BEFORE_THE_ROUTE = new Set([400, 401, 404, 413, 415]);

function refusalProblem({ status, text }: Answer, isImplemented: boolean): string | undefined {
  const body = parsed(text) as { http_status_code?: unknown; error?: { code?: unknown } } | undefined;
  if (body?.http_status_code !== status || typeof body.error?.code !== 'string')
    return `answered ${status} without the error envelope: ${text.slice(0, 300)}`;
  const { code } = body.error;
  if (status === 501 && code === 'not_implemented') return undefined;
  if (status >= 500) return `answered ${status}: ${text.slice(0, 500)}`;
  // The database has refused it, because no field did.
  if (code === 'out_of_range' || text.includes('cannot be stored (NUL)'))
    return `was refused by the database alone: ${text.slice(0, 300)}`;
  if (!isImplemented && !BEFORE_THE_ROUTE.has(status))
    return `answered ${status}, and is declared as not implemented`;
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The place of a value that is more than the OpenAPI says that the field takes. */
function exceeded(schema: Schema, value: unknown, path: string, doc: OpenApi): string | undefined {
  if (isRefusedAnyhow(schema)) return undefined;
  if (schema.$ref !== undefined)
    return exceeded(doc.components.schemas[schema.$ref.split('/').at(-1)!]!, value, path, doc);
  if (typeof value === 'string')
    return schema.type === 'string' && [...value].length > (schema.maxLength ?? Infinity) ? path : undefined;
  if (typeof value === 'number') {
    const isNumber = schema.type === 'number' || schema.type === 'integer';
    return isNumber && (value > (schema.maximum ?? Infinity) || value < (schema.minimum ?? -Infinity))
      ? path
      : undefined;
  }
  if (Array.isArray(value)) {
    if (schema.type !== 'array') return undefined;
    if (value.length > (schema.maxItems ?? Infinity)) return path;
    for (const [index, item] of value.entries()) {
      const found = exceeded(schema.items ?? {}, item, `${path}[${index}]`, doc);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof value !== 'object' || value === null || schema.type !== 'object') return undefined;
  if (Object.keys(value).length > (schema.maxProperties ?? Infinity)) return path;
  for (const [name, member] of Object.entries(value)) {
    const known = Object.hasOwn(schema.properties ?? {}, name)
      ? schema.properties?.[name]
      : typeof schema.additionalProperties === 'object'
        ? schema.additionalProperties
        : undefined;
    const found = known === undefined ? undefined : exceeded(known, member, `${path}.${name}`, doc);
    if (found !== undefined) return found;
  }
  return undefined;
}

import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { MOST_CHARACTERS } from '../platform/http/bounds.js';
import { withContractTypes } from '../platform/http/contract-types.js';
import { API_TAGS, PARAMETERS } from './api-texts.js';
import { OPERATION_IDS } from './operation-ids.js';

/** Mounted as well, for the paths that the guides write; described once. */
const ALIAS = /^\/api\/v1\//;
/** What SDK 2.0.1 calls, and nobody should who begins now. */
const OLD = /^\/v1\/(v1|subscription-schedules)(\/|$)/;

export function createDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('flexprice-nest')
    .setDescription(
      'Usage billing: meters events, prices them, invoices them, and keeps Stripe and Whop in sync. ' +
        'Every path under /v1 is served under /api/v1 too.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'x-api-key')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key' });
  for (const [name, description] of Object.entries(API_TAGS)) builder.addTag(name, description);
  const document = withContractTypes(() => SwaggerModule.createDocument(app, builder.build()));
  const paths = Object.entries(document.paths)
    .filter(([path]) => !ALIAS.test(path))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, operations] of paths)
    for (const [method, operation] of Object.entries(operations as Readonly<Record<string, Operation>>))
      describe(`${method.toUpperCase()} ${path}`, OLD.test(path) ? deprecate(operation) : operation);
  return { ...document, paths: Object.fromEntries(paths) };
}

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  deprecated?: boolean;
  readonly parameters?: readonly Parameter[];
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  description?: string;
  schema?: object;
}

function deprecate(operation: Operation): Operation {
  operation.deprecated = true;
  return operation;
}

/** What the comment of a route says is its description; its title is its id in words. */
function describe(route: string, operation: Operation): void {
  const id = OPERATION_IDS[route];
  if (id === undefined) throw new Error(`${route} has no id in operation-ids.ts`);
  operation.operationId = id;
  operation.description = operation.summary ?? '';
  operation.summary = titleOf(id);
  for (const parameter of operation.parameters ?? []) {
    // What the pipe takes as a part of a path.
    if (parameter.in === 'path')
      parameter.schema = { ...parameter.schema, minLength: 1, maxLength: MOST_CHARACTERS };
    const text = PARAMETERS[parameter.name];
    if (parameter.description === undefined && text !== undefined) parameter.description = text;
  }
}

/** `getCustomerByExternalId`: "Get customer by external id". */
function titleOf(id: string): string {
  const words = id.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return (
    words.charAt(0).toUpperCase() +
    words
      .slice(1)
      .replace(/\bapi\b/g, 'API')
      .replace(/\bpdf\b/g, 'PDF')
  );
}

export function setUpDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    customSiteTitle: 'flexprice-nest API',
    swaggerOptions: { persistAuthorization: true, docExpansion: 'none' },
  });
}

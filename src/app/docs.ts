import type { INestApplication } from '@nestjs/common';
import { MOST_CHARACTERS } from '../platform/http/bounds.js';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** Mounted as well, for the paths that the guides write; described once. */
const ALIAS = /^\/api\/v1\//;

export function createDocument(app: INestApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setTitle('flexprice-nest')
      .setDescription(
        'Usage billing: meters events, prices them, invoices them, and keeps Stripe and Whop in step. ' +
          'Every path under /v1 is served under /api/v1 too.',
      )
      .setVersion('1')
      .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
      .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'x-api-key')
      .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key' })
      .build(),
    { operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}` },
  );
  for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path) as Operation[]))
    for (const parameter of operation.parameters ?? []) if (parameter.in === 'path') bound(parameter);
  const paths = Object.entries(document.paths)
    .filter(([path]) => !ALIAS.test(path))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...document, paths: Object.fromEntries(paths) };
}

interface Operation {
  readonly parameters?: readonly { readonly in: string; schema?: object }[];
}

/** What the pipe takes as a part of a path. */
function bound(parameter: { schema?: object }): void {
  parameter.schema = { ...parameter.schema, minLength: 1, maxLength: MOST_CHARACTERS };
}

export function setUpDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    customSiteTitle: 'flexprice-nest API',
    swaggerOptions: { persistAuthorization: true, docExpansion: 'none', tagsSorter: 'alpha' },
  });
}

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Logger, PinoLogger } from 'nestjs-pino';
import { BillingError } from '../domain/errors.js';
import { answerError, ErrorEnvelopeFilter, toBillingError } from '../platform/http/error-envelope.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { WallClock } from '../platform/time/clock.js';
import { ApiKeysService } from '../tenancy/api-keys.service.js';
import { admitRequests, DEFAULT_LIMITS, WEBHOOK } from './admission.js';
import { AppModule, type AppOptions } from './app.module.js';
import { browserHeaders, protectDocs } from './browser-headers.js';
import { serveConsole } from './console.js';
import { setUpDocs } from './docs.js';
import { drainOnClose } from './draining.js';
import { measureRequests } from './metrics-server.js';
import { logRequests } from './request-log.js';

const INGEST_LIMIT = 32 * 1024 * 1024;
/** An id of 255 characters of four bytes, percent-encoded. */
const LONGEST_PARAMETER = 255 * 4 * 3;
const BODY_LIMIT = 2 * 1024 * 1024;
/** For a head, and for a whole request with its body: the biggest takes three seconds at 100 Mbit/s. */
const HEADERS_MS = 15_000;
const REQUEST_MS = 60_000;
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,100}$/;

/** Where it is wrong, if the parser says so. What stands there it would repeat. */
function noJson({ message }: SyntaxError): BillingError {
  const place = /at position \d+/.exec(message)?.[0];
  return new BillingError(
    'validation_error',
    `the body is no JSON${place === undefined ? '' : `: wrong ${place}`}`,
  );
}

/** The server, ready to listen. */
export async function createApp(options: AppOptions): Promise<NestFastifyApplication> {
  const headers = browserHeaders(options.billing.publicUrl);
  const adapter = new FastifyAdapter({
    bodyLimit: INGEST_LIMIT,
    // The router counts before it decodes; how long an id may be is the pipe's to say.
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : `req_${randomUUID()}`;
    },
    // What fails before there is a route (a path that cannot be decoded) never reaches Nest's filters.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      answerError(reply.headers({ ...headers, 'x-request-id': request.id }), toBillingError(error));
    },
    // What is being asked is answered; draining.ts sees to the rest.
    forceCloseConnections: 'idle',
    ...(options.trustProxy === undefined ? {} : { trustProxy: options.trustProxy }),
    // Whoever sends a byte now and then holds a connection, and a body, for no longer than this.
    requestTimeout: REQUEST_MS,
    http: { headersTimeout: HEADERS_MS },
  });
  const fastify = adapter.getInstance();
  fastify.addHook('onRoute', (route) => {
    if (!route.url.includes('/events')) route.bodyLimit = BODY_LIMIT;
  });
  protectDocs(fastify);
  drainOnClose(fastify);
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers).header('x-request-id', request.id);
    done();
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(options), adapter, {
    bufferLogs: true,
    rawBody: true,
    bodyParser: false,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  admitRequests(fastify, app.get(ApiKeysService, { strict: false }), app.get(WallClock, { strict: false }), {
    ...DEFAULT_LIMITS,
    ...options.limits,
  });
  logRequests(fastify, await app.resolve(PinoLogger));
  if (options.measuresRequests === true) measureRequests(fastify, app.get(Metrics));
  // Fastify's own for plain text would keep no bytes of a webhook: nothing but JSON is read.
  fastify.removeContentTypeParser('text/plain');
  app.useBodyParser('application/json', {}, (request, body, done) => {
    // Verified and read as the bytes that came.
    if (WEBHOOK.test(request.url)) {
      done(null, undefined);
      return;
    }
    const text = body.toString();
    // Clients send the header with no body on POST and DELETE.
    if (text === '') {
      done(null, undefined);
      return;
    }
    try {
      done(null, JSON.parse(text) as unknown);
    } catch (error) {
      done(noJson(error as SyntaxError), undefined);
    }
  });
  app.useGlobalFilters(new ErrorEnvelopeFilter());

  if (options.docs !== false) setUpDocs(app);
  if (options.consoleDir !== undefined && !serveConsole(app, options.consoleDir))
    app.get(Logger).warn(`the console is not served: it was not built into ${options.consoleDir}`);
  return app;
}

import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import qs from 'qs';

/** Form bodies with brackets. The parser's own limits would turn a list of more than twenty into an object. */
function parseForm(source: string): Record<string, unknown> {
  return qs.parse(source, {
    depth: 20,
    arrayLimit: 5000,
    parameterLimit: 100_000,
    ignoreQueryPrefix: true,
    plainObjects: false,
  });
}

/** What fails outside of the API (a page, a control call) is answered in the shape that both providers use. */
export function newServer(onFailure: (what: string, error: unknown) => void): FastifyInstance {
  const server = Fastify({
    logger: false,
    bodyLimit: 32 * 1024 * 1024,
    forceCloseConnections: true,
    routerOptions: { querystringParser: parseForm },
  });
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, parseForm(String(body))),
  );
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const source = String(body);
    try {
      done(null, source.trim() === '' ? undefined : (JSON.parse(source) as unknown));
    } catch {
      done(Object.assign(new Error('The body is not valid JSON'), { statusCode: 400 }));
    }
  });
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error instanceof RangeError ? 400 : (error.statusCode ?? 500);
    if (status >= 500) onFailure(`${request.method} ${request.url}`, error);
    const type = status >= 500 ? 'api_error' : 'invalid_request_error';
    return reply.code(status).send({ error: { type, message: error.message } });
  });
  return server;
}

export async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  await server.listen({ host, port });
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('The sandbox has no port');
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

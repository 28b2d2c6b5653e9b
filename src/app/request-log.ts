import type { FastifyInstance } from 'fastify';
import type { PinoLogger } from 'nestjs-pino';

/** One line for each request that was answered. Never headers or bodies: they hold keys and customers' data. */
export function logRequests(fastify: FastifyInstance, { logger }: PinoLogger): void {
  // What fails is told by the error filter; without this level no request needs to be watched to its end.
  if (!logger.isLevelEnabled('info')) return;
  fastify.addHook('onResponse', (request, reply, done) => {
    const path = request.url.split('?', 1)[0];
    if (path?.startsWith('/health') !== true)
      logger[reply.statusCode >= 500 ? 'error' : 'info']({
        event: 'request',
        request_id: request.id,
        method: request.method,
        path,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime),
      });
    done();
  });
}

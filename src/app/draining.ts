import type { NestFastifyApplication } from '@nestjs/platform-fastify';

type Fastify = ReturnType<ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']>;

/** After this a request is cut off: no supervisor waits for long. */
const LONGEST_DRAIN_MS = 20_000;
const LOOK_EVERY_MS = 50;

/**
 * A server that is stopped answers what it is asked already, and asks nobody to keep the connection. Idle connections go at
 * once, and a client that is slow or broken holds it up no longer than some seconds.
 */
export function drainOnClose(fastify: Fastify): void {
  let isClosing = false;
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done(null, payload);
  });
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    const { server } = fastify;
    const idle = setInterval(() => {
      server.closeIdleConnections();
    }, LOOK_EVERY_MS);
    const last = setTimeout(() => {
      server.closeAllConnections();
    }, LONGEST_DRAIN_MS);
    server.once('close', () => {
      clearInterval(idle);
      clearTimeout(last);
    });
    idle.unref();
    last.unref();
    done();
  });
}

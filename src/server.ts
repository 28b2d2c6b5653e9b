import type { Environment } from './app/environment.js';
import type { RunningServer } from './app/server.js';
import { loadOptional } from './platform/optional-package.js';

/**
 * The standalone server, for a process of its own. Its packages are not those of the library: an application that embeds
 * billing has no use for them.
 */
export { EnvironmentError, readEnvironment, type Environment } from './app/environment.js';
export type { RunningServer } from './app/server.js';

const PACKAGES =
  '@nestjs/platform-fastify @fastify/static fastify nestjs-pino pino pino-http pdfkit dejavu-fonts-ttf';

export async function startServer(environment: Environment): Promise<RunningServer> {
  const server = await loadOptional('The standalone server', PACKAGES, () => import('./app/server.js'));
  return server.startServer(environment);
}

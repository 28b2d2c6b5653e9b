import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What the build has written where a nonce belongs: console/vite.config.ts. */
const NONCE_PLACEHOLDER = '__CSP_NONCE__';
const NONCE_BYTES = 18;

/**
 * The admin console: a page and its files, built into `dir`. It talks to the API as any other client does, so nothing here
 * knows a tenant or a key. False where it was not built.
 */
export function serveConsole(app: NestFastifyApplication, dir: string): boolean {
  const file = path.join(dir, 'index.html');
  if (!fs.existsSync(file)) return false;
  const parts = fs.readFileSync(file, 'utf8').split(NONCE_PLACEHOLDER);
  const answer = (_request: FastifyRequest, reply: FastifyReply): void => {
    const nonce = randomBytes(NONCE_BYTES).toString('base64');
    void reply
      .header('content-security-policy', policyFor(nonce))
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(parts.join(nonce));
  };
  // Their names hold the hash of their content.
  app.useStaticAssets({
    root: path.join(dir, 'assets'),
    prefix: '/console/assets/',
    decorateReply: false,
    index: false,
    preCompressed: true,
    immutable: true,
    maxAge: '365d',
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/console', answer);
  // Every address of the console is this page, which then draws what belongs there.
  fastify.get('/console/*', answer);
  return true;
}

/** The component library makes style elements, which the nonce allows; no script and no style attribute is in the page. */
function policyFor(nonce: string): string {
  return [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self' 'nonce-${nonce}'`,
    `connect-src 'self'`,
    `img-src 'self' data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ');
}

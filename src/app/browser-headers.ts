import { createHash } from 'node:crypto';
import type { FastifyInstance, RouteOptions } from 'fastify';

type Headers = Readonly<Record<string, string>>;

/** A year, in seconds. Only this host: others under its name may have no TLS. */
const TLS_ONLY = 'max-age=31536000';

/** What every answer tells a browser. TLS is asked for only where the server is known to be reached by it. */
export function browserHeaders(publicUrl: string | undefined): Headers {
  return {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    ...(publicUrl?.startsWith('https:') === true ? { 'strict-transport-security': TLS_ONLY } : {}),
  };
}

const DOCS = /^\/docs(?:\/|$)/;
const POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `connect-src 'self'`,
  // The pictures in the style sheet are written into it.
  `img-src 'self' data:`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
];

/** A content security policy for the pages under /docs. Swagger UI writes styles into its page: their hashes are allowed. */
export function protectDocs(fastify: FastifyInstance): void {
  let known: { readonly html: string; readonly policy: string } | undefined;
  const policyOf = (html: string): string => {
    if (known?.html !== html) known = { html, policy: policyFor(html) };
    return known.policy;
  };
  const onSend: RouteOptions['onSend'] = (_request, reply, payload, done) => {
    const isPage =
      typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html');
    void reply.header('content-security-policy', isPage ? policyOf(payload) : policyFor(''));
    done(null, payload);
  };
  fastify.addHook('onRoute', (route) => {
    if (DOCS.test(route.url)) route.onSend = [onSend, ...[route.onSend ?? []].flat()];
  });
}

function policyFor(html: string): string {
  const hashes = (pattern: RegExp): string =>
    [...html.matchAll(pattern)]
      .map(([, text = '']) => ` 'sha256-${createHash('sha256').update(text).digest('base64')}'`)
      .join('');
  return [
    ...POLICY,
    `style-src 'self'${hashes(/<style[^>]*>([\s\S]*?)<\/style>/g)}`,
    `style-src-attr 'unsafe-hashes'${hashes(/\sstyle="([^"]*)"/g)}`,
  ].join('; ');
}

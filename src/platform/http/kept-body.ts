import type { IncomingMessage, ServerResponse } from 'node:http';
import { BillingError } from '../../domain/errors.js';
import { toEnvelope } from './error-envelope.js';

type Kept = IncomingMessage & { rawBody?: Buffer; body?: unknown; _body?: boolean };

/**
 * Reads a body as the bytes that come, and lets nobody read it again: the parsers of Express leave alone what was read. One
 * that is longer than that is answered here, as the API answers.
 */
export function keptBody(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
  next: (error?: unknown) => void,
): void {
  const kept = request as Kept;
  const chunks: Buffer[] = [];
  let length = 0;
  request
    .on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else chunks.length = 0;
    })
    .once('error', next)
    .once('end', () => {
      if (length > limit) {
        const error = new BillingError('validation_error', 'the body is too large', { httpStatus: 413 });
        response.writeHead(413, { 'content-type': 'application/json; charset=utf-8' });
        response.end(JSON.stringify(toEnvelope(error)));
        return;
      }
      kept.rawBody = Buffer.concat(chunks);
      kept.body = undefined;
      kept._body = true;
      next();
    });
}

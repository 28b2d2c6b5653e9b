import type { IncomingMessage } from 'node:http';

type Kept = IncomingMessage & { rawBody?: Buffer; body?: unknown; _body?: boolean };

/**
 * Reads a body as the bytes that come, and lets nobody read it again: the parsers of Express leave alone what was read. Goes
 * on with an error, as they do, where it is longer than that.
 */
export function keptBody(request: IncomingMessage, limit: number, next: (error?: unknown) => void): void {
  const kept = request as Kept;
  const chunks: Buffer[] = [];
  let length = 0;
  const read = (chunk: Buffer): void => {
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
    else chunks.length = 0;
  };
  request
    .on('data', read)
    .once('error', next)
    .once('end', () => {
      if (length > limit) {
        next(Object.assign(new Error('request entity too large'), { statusCode: 413, status: 413 }));
        return;
      }
      kept.rawBody = Buffer.concat(chunks);
      kept.body = undefined;
      kept._body = true;
      next();
    });
}

import { randomUUID } from 'node:crypto';

/** Fastify gives every request an id, Express none. */
export const requestIdOf = ({ id }: { readonly id?: unknown }): string =>
  typeof id === 'string' && id !== '' ? id : `req_${randomUUID()}`;

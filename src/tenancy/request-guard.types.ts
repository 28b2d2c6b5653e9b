import type { Grant } from '../domain/access/grants.js';

/** Whose a request is. */
export interface Requester {
  readonly tenantId: string;
  readonly environmentId: string;
  /** Written to `created_by` and `updated_by`. Default: `host`. */
  readonly actor?: string;
  /** What it may do: `customers:read`, `*:write`. Default: everything. */
  readonly grants?: readonly Grant[];
}

/** The request is Express's or Fastify's, as the host's own guards see it. Undefined refuses it; what is thrown is answered. */
export type RequestGuard = (
  // Hosts know the type of their requests; we do not.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  request: any,
) => Requester | undefined | Promise<Requester | undefined>;

export const REQUEST_GUARD = Symbol('RequestGuard');

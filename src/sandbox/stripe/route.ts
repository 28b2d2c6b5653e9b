import type { Ctx } from './context.js';
import type { Params } from './params.js';

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As the router writes it: `/v1/invoices/:id/lines/:line`. */
  readonly url: string;
  /** Name of the schema of its parameters; undefined where the SDK has no type for them. */
  readonly schema: string | undefined;
  /** `id` and `child` are the parameters of the path. The result is rendered and expanded by the caller. */
  readonly run: (ctx: Ctx, params: Params, id: string, child: string) => object;
}

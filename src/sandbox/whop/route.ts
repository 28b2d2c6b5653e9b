import type { Ctx } from './context.js';
import type { JsonObject } from '../core/json.js';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below /api/v1. */
  readonly url: string;
  /** Schema of the parameters; undefined where the SDK's types are not among ours. */
  readonly request?: string;
  /** Schema of the answer, or of each object in the list it is. */
  readonly response?: string;
  /** Parameters that pages name and the types do not. */
  readonly alsoTakes?: readonly string[];
  readonly run: (ctx: Ctx, params: JsonObject, id: string) => unknown;
}

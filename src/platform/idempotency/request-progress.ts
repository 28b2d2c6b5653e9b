import type { Ctx, Progress } from '../context.js';
import type { IdempotencyKeys } from './idempotency-keys.js';
import type { KeyedRequest } from './keyed-request.js';
import { inProgress } from './refusals.js';

/** The steps of one try of a request, and of those before it. */
export class RequestProgress implements Progress {
  private readonly done: Map<string, string>;

  constructor(
    private readonly keys: IdempotencyKeys,
    private readonly request: KeyedRequest,
    readonly holder: string,
    before: Readonly<Record<string, string>>,
  ) {
    this.done = new Map(Object.entries(before));
  }

  get hasBegun(): boolean {
    return this.done.size > 0;
  }

  noted(step: string): string | undefined {
    return this.done.get(step);
  }

  async note(ctx: Ctx, steps: Readonly<Record<string, string>>): Promise<void> {
    // Whoever was stopped for so long that another try has begun must not do it as well.
    if (!(await this.keys.note(ctx, this.request, this.holder, steps))) throw inProgress();
    ctx.afterCommit(() => {
      for (const [step, value] of Object.entries(steps)) this.done.set(step, value);
    });
  }
}

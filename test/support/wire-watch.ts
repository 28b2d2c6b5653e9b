import type { Sandbox } from '../../src/sandbox/index.js';

const watched = new Set<Sandbox>();

/** From now on no test may leave anything on this wire that is not what the provider's own types say. */
export function watchWire(sandbox: Sandbox): void {
  watched.add(sandbox);
}

/** What has gone over the wire wrongly since this was last asked: requests, answers and webhooks. */
export function wireViolations(): unknown[] {
  return [...watched].flatMap(({ stripe, whop }) =>
    [stripe, whop].flatMap((provider) => {
      const found = provider.schemaViolations();
      provider.clearSchemaViolations();
      return found;
    }),
  );
}

export function unwatchWire(sandbox: Sandbox): void {
  watched.delete(sandbox);
}
